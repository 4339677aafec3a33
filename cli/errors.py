"""Every error that `hazardlens.cli` raises on purpose.

CliError
├── PhotoFileError              one path that gives no bytes; the other photos go on
│   ├── FileMissingError            nothing there under that name
│   ├── FileUnreadableError         permission denied, or a device that fails
│   └── FileTooLargeError           more bytes than any photo has
├── NothingFoundError           not one photo among the paths given
├── SaveFolderError             the folder for annotated copies cannot be used
├── OutputError                 an export cannot be written where it should go
├── StoreMissingError           there is no database to export from
└── RemoteError                 a server that does not answer, or refuses

`code` is stable: it reaches the JSON lines that scripts read.
"""

from hazardlens.model.errors import HazardlensError


class CliError(HazardlensError):
    """A mistake on the command line; `str(error)` is one line."""

    code = "usage"


class PhotoFileError(CliError):
    """One path that gives no bytes."""

    code = "file_invalid"


class FileMissingError(PhotoFileError):
    """Nothing is there under that name."""

    code = "file_missing"


class FileUnreadableError(PhotoFileError):
    """The file or folder is there but cannot be read."""

    code = "file_unreadable"


class FileTooLargeError(PhotoFileError):
    """The file has more bytes than any photo has, so it is not read to its end."""

    code = "file_too_large"


class NothingFoundError(CliError):
    """Not one photo among the paths given."""

    code = "nothing_found"


class SaveFolderError(CliError):
    """The folder for annotated copies cannot be used."""

    code = "save_folder_unusable"


class RemoteError(CliError):
    """A server does not answer, or refuses."""

    code = "server_refused"


class OutputError(CliError):
    """Something is there already, or the disk refuses."""

    code = "output_unusable"


class StoreMissingError(CliError):
    """No database where the settings say."""

    code = "store_missing"
