"""The photo on `/review`: wait for its boxes, and press, drag and measure on it in pixels of the original."""

from playwright.sync_api import Page, expect

from support.office import PHOTO_WH


def ready(page: Page, boxes: int = 1) -> None:
    """Wait until the photo and its boxes are there."""
    expect(page.locator(".photo-tag")).to_have_count(boxes)


def to_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """From pixels of the original to pixels of the window."""
    place = page.locator(".photo").evaluate("(shown) => shown.getBoundingClientRect().toJSON()")
    return (
        place["left"] + x / PHOTO_WH[0] * place["width"],
        place["top"] + y / PHOTO_WH[1] * place["height"],
    )


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one point of the photo (pixels of the original), let go at another."""
    page.mouse.move(*to_screen(page, *start))
    page.mouse.down()
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*to_screen(page, *middle))
    page.mouse.move(*to_screen(page, *end))
    page.mouse.up()


def px_tolerance(page: Page) -> float:
    """The mouse moves by whole pixels of the window; each is this many of the photo, and half a pixel is rounding."""
    width = page.locator(".photo").evaluate("(shown) => shown.clientWidth")
    return PHOTO_WH[0] / float(width) / 2 + 1
