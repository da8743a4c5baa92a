"""HTTP Archives, HAR 1.2: recorded traffic is read as a stream, and written with its secrets redacted."""
