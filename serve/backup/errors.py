"""What keeps a backup from being made, believed or restored.

HazardlensError
└── BackupError
    ├── BackupPlaceError            the folder is there already, or cannot be written
    ├── BackupDamagedError          it is no backup, or no longer what it was
    ├── BackupVersionError          made by another version of the program
    └── NotFreshError               where it should go there is something already
"""

from hazardlens.model.errors import HazardlensError


class BackupError(HazardlensError):
    """A backup cannot be made or used."""

    code = "backup_failed"


class BackupPlaceError(BackupError):
    """Its folder is there already, or the disk refuses."""

    code = "backup_place_unusable"


class BackupDamagedError(BackupError):
    """It is no backup, or a file of it is missing or has changed."""

    code = "backup_damaged"


class BackupVersionError(BackupError):
    """The database, or the backup, has tables of another version than this program."""

    code = "backup_version"


class NotFreshError(BackupError):
    """There are rows already where it should be restored."""

    code = "restore_not_fresh"
