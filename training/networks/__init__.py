"""The network: how it is built, what it is punished for, how it answers, and how it becomes an ONNX graph and back."""
