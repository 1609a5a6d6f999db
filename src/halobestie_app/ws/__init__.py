"""The live socket: frames in, frames out."""
