"""The triage policy: detections of all photos plus words in, a decision out."""
