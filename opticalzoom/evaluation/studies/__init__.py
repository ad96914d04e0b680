"""The paper's tables as small configs go in; all rows trained, scored and shown come out."""
