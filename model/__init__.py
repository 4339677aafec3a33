"""What serving and training share: taxonomy, images, boxes, detections, triage policy, bundle format, ONNX detector."""
