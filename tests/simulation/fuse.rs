//! A fuse that blows after so many steps: what a kill at that point would be.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use releve_core::ports::{Secret, Vault, VaultError};
use releve_server::db::Before;
use releve_tests::world::vault::MemoryVault;

/// Never, in this world.
const FAR: i64 = i64::MAX / 2;

/// How many steps are still allowed, and how many commits of a server. Clones share it.
#[derive(Clone)]
pub struct Fuse(Arc<Left>);

struct Left {
    steps: AtomicI64,
    commits: AtomicI64,
}

impl Fuse {
    /// One that does not blow.
    pub fn new() -> Self {
        Self(Arc::new(Left { steps: AtomicI64::new(FAR), commits: AtomicI64::new(FAR) }))
    }

    /// Lets it blow after so many more steps.
    pub fn arm(&self, steps: u64) {
        self.0.steps.store(i64::try_from(steps).expect("few"), Ordering::SeqCst);
    }

    /// Lets it blow at the commit that comes after so many more.
    pub fn arm_at_commit(&self, commits: u64) {
        self.0.commits.store(i64::try_from(commits).expect("few"), Ordering::SeqCst);
    }

    /// A new one in its place.
    pub fn mend(&self) {
        self.0.steps.store(FAR, Ordering::SeqCst);
        self.0.commits.store(FAR, Ordering::SeqCst);
    }

    /// How many steps there were since it was mended, and how many of them were commits of a server.
    pub fn steps(&self) -> (u64, u64) {
        let since = |left: &AtomicI64| (FAR - left.load(Ordering::SeqCst)).unsigned_abs();
        (since(&self.0.steps), since(&self.0.commits))
    }

    /// Whether a step was kept from happening.
    pub fn blown(&self) -> bool {
        self.0.steps.load(Ordering::SeqCst) < 0 || self.0.commits.load(Ordering::SeqCst) < 0
    }

    /// Asked before each step. Once it has said no, it says no.
    pub fn allows(&self) -> bool {
        !self.blown() && self.0.steps.fetch_sub(1, Ordering::SeqCst) > 0
    }

    /// The same as a server's database wants it.
    pub fn of_server(&self) -> releve_server::db::Fuse {
        let fuse = self.clone();
        Arc::new(move |before| {
            let commits = before == Before::Commit;
            let allows = !commits || fuse.0.commits.fetch_sub(1, Ordering::SeqCst) > 0;
            allows && fuse.allows()
        })
    }

    /// The same as a phone's database wants it.
    pub fn hook(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let fuse = self.clone();
        Arc::new(move || fuse.allows())
    }
}

/// The key store of a phone that may die before each of its writes. Clones share it.
#[derive(Clone)]
pub struct FusedVault {
    /// What it holds.
    pub held: MemoryVault,
    /// The phone's fuse.
    pub fuse: Fuse,
}

impl FusedVault {
    fn dead() -> VaultError {
        VaultError::Failed("the phone is off".to_owned())
    }
}

impl Vault for FusedVault {
    fn get(&self, secret: Secret) -> Result<Option<Vec<u8>>, VaultError> {
        if self.fuse.blown() { Err(Self::dead()) } else { self.held.get(secret) }
    }

    fn put(&self, secret: Secret, value: &[u8]) -> Result<(), VaultError> {
        if self.fuse.allows() { self.held.put(secret, value) } else { Err(Self::dead()) }
    }

    fn destroy(&self, secret: Secret) -> Result<(), VaultError> {
        if self.fuse.allows() { self.held.destroy(secret) } else { Err(Self::dead()) }
    }
}
