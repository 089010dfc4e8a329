//! A key store in memory that outlives the app, as a phone's does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use releve_core::ports::{Secret, Vault, VaultError};

/// The key store of one phone. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryVault(Arc<Mutex<BTreeMap<Secret, Vec<u8>>>>);

impl MemoryVault {
    /// Another one that holds the same.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.held().clone())))
    }

    /// How many secrets it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held().len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a thief who opens the phone finds.
    #[must_use]
    pub fn stolen(&self, secret: Secret) -> Option<Vec<u8>> {
        self.held().get(&secret).cloned()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<Secret, Vec<u8>>> {
        self.0.lock().expect("the vault")
    }
}

impl Vault for MemoryVault {
    fn get(&self, secret: Secret) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.stolen(secret))
    }

    fn put(&self, secret: Secret, value: &[u8]) -> Result<(), VaultError> {
        self.held().insert(secret, value.to_vec());
        Ok(())
    }

    fn destroy(&self, secret: Secret) -> Result<(), VaultError> {
        self.held().remove(&secret);
        Ok(())
    }
}
