"""What the studio can complain about; without Blender, so that the other side can name it too."""


class StudioError(Exception):
    """Something in the studio went wrong; the message is for people."""


class AssetMissingError(StudioError):
    """A scene needs a model or texture that the folder of assets lacks."""


class ShapeError(StudioError):
    """A body could not be made from its outlines."""
