//! The device's key store, on a desktop: one file a secret, which only this user may read.
//!
//! It keeps the secrets from other users of the machine, not from somebody who has the disk and no
//! disk encryption; the administrator guide says so. Phones have their own key stores.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use releve_core::ports::{Secret, Vault, VaultError};

/// Secrets as files of one folder.
pub(crate) struct FileVault {
    folder: PathBuf,
}

impl FileVault {
    /// Opens the vault, and makes its folder when there is none.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, VaultError> {
        fs::create_dir_all(&folder).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(Self { folder })
    }

    fn path(&self, secret: Secret) -> PathBuf {
        self.folder.join(match secret {
            Secret::CareKey => "care",
            Secret::DutyKey => "duty",
            Secret::DeviceSeed => "device",
            Secret::Token => "token",
            Secret::NextToken => "next-token",
            Secret::SmsKey => "sms",
            Secret::AlarmKey => "alarm",
            Secret::PinShare => "pin-share",
            Secret::PresenceKey => "presence",
        })
    }
}

impl Vault for FileVault {
    fn get(&self, secret: Secret) -> Result<Option<Vec<u8>>, VaultError> {
        match fs::read(self.path(secret)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn put(&self, secret: Secret, value: &[u8]) -> Result<(), VaultError> {
        let path = self.path(secret);
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&fresh).map_err(failed)?;
        file.write_all(value).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&fresh, &path).and_then(|()| keep(&self.folder)).map_err(failed)
    }

    fn destroy(&self, secret: Secret) -> Result<(), VaultError> {
        for path in [self.path(secret), self.path(secret).with_extension("new")] {
            match blank(&path).and_then(|()| fs::remove_file(&path)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        keep(&self.folder).map_err(failed)
    }
}

/// Writes zeros over a file, for the disks where that reaches the same place.
fn blank(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut held = Vec::new();
    file.read_to_end(&mut held)?;
    file.rewind()?;
    file.write_all(&vec![0; held.len()])?;
    file.sync_all()
}

/// Makes a rename or a removal survive a power cut.
fn keep(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn failed(error: std::io::Error) -> VaultError {
    VaultError::Failed(error.to_string())
}
