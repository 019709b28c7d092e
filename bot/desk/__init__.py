"""What is done for each thing that a person does on a surface: use cases in, messages out. No platform."""
