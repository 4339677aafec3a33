"""What people do on the page at `/`, and what they see there, in a few words each."""

import base64
import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Response

from support.painted import painted
from support.pictures import saved

HEAP: Final = painted(400, 300, stacked_clutter=(60, 120, 260, 270))
"""One heap."""

_DROP: Final = """
({ target, files }) => {
  const transfer = new DataTransfer();
  for (const { name, type, data } of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  }
  const place = document.querySelector(target);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    place.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
  const pasted = new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
  if (target === "body") place.dispatchEvent(pasted);
}
"""

_BOXES: Final = """
(figure) => [...figure.querySelectorAll(".overlay .line")].map((line) => {
  const { x, y, width, height } = line.getBBox();
  const to = (px, py) => new DOMPoint(px, py).matrixTransform(line.getScreenCTM());
  const [start, end] = [to(x, y), to(x + width, y + height)];
  return [start.x, start.y, end.x, end.y];
})
"""


def payload(data: bytes | None = None, name: str = "heap.png", kind: str = "image/png") -> FilePayload:
    """A file as Playwright hands it to a browser; without data, the heap."""
    return {"name": name, "mimeType": kind, "buffer": saved(HEAP, "PNG") if data is None else data}


def drop(page: Page, *files: FilePayload, target: str = "#drop") -> None:
    """Let files fall on an element; on `body`, paste them too."""
    parts = [
        {"name": file["name"], "type": file["mimeType"], "data": base64.b64encode(file["buffer"]).decode()}
        for file in files
    ]
    page.evaluate(_DROP, {"target": target, "files": parts})


def pick(page: Page, *files: FilePayload) -> None:
    """Choose files with the button."""
    page.set_input_files("#pick", list(files) or [payload()])


def send(page: Page) -> dict[str, Any]:
    """Press the button and wait for the result; returns the API's answer."""
    with page.expect_response("**/v1/classify") as waiting:
        page.click("#send")
    page.wait_for_selector("#result:not([hidden])")
    response: Response = waiting.value
    answer: dict[str, Any] = response.json()
    return answer


def boxes_on_screen(figure: Locator) -> npt.NDArray[np.float64]:
    """(N, 4) corners of the drawn boxes, CSS pixels of the window."""
    return np.array(figure.evaluate(_BOXES), np.float64).reshape(-1, 4)


def boxes_expected(figure: Locator, media: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """(N, 4) where an answer's boxes belong: on the picture as it is shown now, CSS pixels of the window."""
    place = figure.locator(".picture, .unseen-photo").evaluate("(shown) => shown.getBoundingClientRect().toJSON()")
    scale = np.array([place["width"] / media["width"], place["height"] / media["height"]] * 2)
    start = np.array([place["left"], place["top"]] * 2)
    corners = [[found["box"][key] for key in ("x_min", "y_min", "x_max", "y_max")] for found in media["detections"]]
    return np.asarray(np.array(corners).reshape(-1, 4) * scale + start, np.float64)


def pixels_of(locator: Locator) -> npt.NDArray[np.uint8]:
    """(H, W, 3) what the screen shows of an element."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def scrolls_sideways(page: Page) -> bool:
    """Whether the page stays wider than its window; charts are drawn anew a moment after the window has changed."""
    for _ in range(20):
        if not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            return False
        page.wait_for_timeout(100)
    return True
