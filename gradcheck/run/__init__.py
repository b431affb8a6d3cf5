"""How a run goes: processes, progress, time, memory, and parts that fail."""
