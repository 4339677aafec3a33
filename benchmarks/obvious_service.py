"""The service that one writes first: FastAPI around `ultralytics.YOLO`. The benchmark measures ours beside it.

    python obvious_service.py MODEL.onnx PORT

It is written the way tutorials do it, and left that way on purpose: the whole photo is decoded, the library letterboxes
it, and the call runs inside the `async` route.
"""

import io
import sys
from typing import Any

import onnxruntime
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image
from ultralytics import YOLO

from hazardlens.training.networks.torchvision_ops import make_importable


def create_app(model_path: str) -> FastAPI:
    """The whole service: one route that answers the boxes of one photo."""
    app = FastAPI()
    model = YOLO(model_path, task="detect")
    side = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"]).get_inputs()[0].shape[-1]
    model(Image.new("RGB", (64, 64)), imgsz=side, verbose=False)

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    async def predict(file: UploadFile) -> list[dict[str, Any]]:
        image = Image.open(io.BytesIO(await file.read()))
        result = model(image, imgsz=side, verbose=False)[0]
        return [
            {"label": result.names[int(box.cls)], "confidence": float(box.conf), "box": box.xyxy[0].tolist()}
            for box in result.boxes
        ]

    return app


if __name__ == "__main__":
    make_importable()
    uvicorn.run(create_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
