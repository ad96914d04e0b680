"""Networks go in; ONNX and ncnn files come out, checked against PyTorch."""
