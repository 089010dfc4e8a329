//! The table of C functions that SQLite calls. Each hands the call on to the system's own VFS and,
//! when that worked, adds a note. Nothing is changed on the way, but for [`weaken`].
//!
//! What makes it sound: a file of ours is the struct [`Ours`] followed by the memory of the system's
//! file (`szOsFile` says so to SQLite, which gives that much, aligned to 8 bytes), and SQLite calls
//! methods only on files that `xOpen` has filled.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::notes::{Note, Watched, count, note, watched, weakens};

/// The name of this VFS.
const NAME: &CStr = c"powercut";

/// What comes before the system's file in memory.
#[repr(C)]
struct Ours {
    base: ffi::sqlite3_file,
    watched: Option<Watched>,
    /// The next sync of this file syncs the names of its folder too, as the system's VFS does for a
    /// journal that it opens.
    names_too: bool,
}

const OURS: usize = size_of::<Ours>().next_multiple_of(8);

/// The system's VFS, found once.
struct System(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own VFS object is a constant table for the life of the process; it is only read.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<System> = OnceLock::new();

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.get().map_or(ptr::null_mut(), |system| system.0)
}

/// Makes this VFS the one that connections use from now on. Once in a process.
pub(crate) fn install() {
    SYSTEM.get_or_init(|| {
        // SAFETY: a null name asks for the default VFS, which lives as long as the process.
        let system = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!system.is_null(), "SQLite has a VFS");
        // SAFETY: it was just found, and is plain data.
        let mut ours = unsafe { *system };
        ours.szOsFile += c_int::try_from(OURS).expect("a small struct");
        ours.zName = NAME.as_ptr();
        ours.pNext = ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        // All else asks nothing of the table that it is in, so the system's functions serve.
        let ours = Box::leak(Box::new(ours));
        // SAFETY: the table lives for ever, and its functions keep SQLite's contract.
        let done = unsafe { ffi::sqlite3_vfs_register(ours, 1) };
        assert_eq!(done, ffi::SQLITE_OK);
        System(system)
    });
}

/// # Safety
/// `name` is null or a C string.
unsafe fn watched_name(name: *const c_char) -> Option<(Watched, bool)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    let path = Path::new(OsStr::from_bytes(bytes));
    watched(path).map(|watched| (watched, path.exists()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string or null.
    let watched = unsafe { watched_name(name) };
    let ours = file.cast::<Ours>();
    // SAFETY: SQLite gives `szOsFile` bytes; ours come first, the system's follow.
    let (done, opened) = unsafe {
        let inner = real(file);
        (*inner).pMethods = ptr::null();
        let open = (*system()).xOpen.expect("xOpen");
        let done = open(system(), name, inner, flags, out);
        (done, !(*inner).pMethods.is_null())
    };
    let journal =
        ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;
    // SAFETY: as above.
    unsafe {
        ours.write(Ours {
            base: ffi::sqlite3_file {
                pMethods: if opened { &raw const METHODS } else { ptr::null() },
            },
            watched: watched.map(|(watched, _)| watched),
            names_too: flags & journal != 0,
        });
    }
    if let (ffi::SQLITE_OK, Some((watched, false))) = (done, watched) {
        note(watched.recording, |_| Note::Made { file: watched.file });
    }
    done
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    let watched = unsafe { watched_name(name) };
    // SAFETY: handed on as it came, to the VFS whose function it is.
    let done = unsafe { (*system()).xDelete.expect("xDelete")(system(), name, sync) };
    if let (ffi::SQLITE_OK, Some((watched, true))) = (done, watched) {
        note(watched.recording, |_| Note::Removed { file: watched.file });
        if sync != 0 {
            note(watched.recording, |before| Note::NamesSynced { before });
        }
    }
    done
}

/// The system's file behind one of ours.
///
/// # Safety
/// `file` has the memory that [`install`] asks SQLite for.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: within that memory.
    unsafe { file.cast::<u8>().add(OURS).cast() }
}

/// What is recorded of a file.
///
/// # Safety
/// `file` was opened by [`open`].
unsafe fn seen(file: *mut ffi::sqlite3_file) -> Option<Watched> {
    // SAFETY: promised by the caller.
    unsafe { (*file.cast::<Ours>()).watched }
}

/// Hands a call on to the system's file.
macro_rules! hands_on {
    ($file:ident, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods on open files of ours only, and the arguments are its own.
        unsafe {
            let inner = real($file);
            (*(*inner).pMethods).$method.expect(stringify!($method))(inner $(, $argument)*)
        }
    }};
}

/// Methods that change nothing on a disk.
macro_rules! plain {
    ($($name:ident = $method:ident ($($argument:ident: $kind:ty),*) -> $gives:ty;)+) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> $gives {
            hands_on!(file, $method $(, $argument)*)
        }
    )+};
}

plain! {
    close = xClose() -> c_int;
    read = xRead(to: *mut c_void, amount: c_int, at: ffi::sqlite3_int64) -> c_int;
    file_size = xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved = xCheckReservedLock(held: *mut c_int) -> c_int;
    sector_size = xSectorSize() -> c_int;
    characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, at: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(from: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier() -> ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

fn place(at: ffi::sqlite3_int64) -> usize {
    usize::try_from(at).expect("a place in a file")
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let done = hands_on!(file, xWrite, from, amount, at);
    // SAFETY: an open file of ours.
    if let (ffi::SQLITE_OK, Some(seen)) = (done, unsafe { seen(file) }) {
        let amount = usize::try_from(amount).expect("an amount");
        // SAFETY: SQLite gives so many bytes to write.
        let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), amount) }.to_vec();
        note(seen.recording, |_| Note::Written { file: seen.file, at: place(at), bytes });
    }
    done
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let done = hands_on!(file, xTruncate, size);
    // SAFETY: an open file of ours.
    if let (ffi::SQLITE_OK, Some(seen)) = (done, unsafe { seen(file) }) {
        note(seen.recording, |_| Note::Sized { file: seen.file, size: place(size) });
    }
    done
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let seen = unsafe { seen(file) };
    // What is written by another thread meanwhile may miss this sync.
    let before = seen.map_or(0, |seen| count(seen.recording));
    let done = hands_on!(file, xSync, flags);
    if let (ffi::SQLITE_OK, Some(seen)) = (done, seen) {
        note(seen.recording, |_| Note::Synced { file: seen.file, before });
        // SAFETY: an open file of ours, used by one thread at a time.
        if unsafe { std::mem::take(&mut (*file.cast::<Ours>()).names_too) } {
            note(seen.recording, |_| Note::NamesSynced { before });
        }
    }
    done
}

unsafe extern "C" fn control(
    file: *mut ffi::sqlite3_file,
    what: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours.
    let weak = unsafe { seen(file) }.is_some_and(|seen| weakens(seen.recording));
    if weak && what == ffi::SQLITE_FCNTL_PRAGMA {
        // SAFETY: for this control the argument is an array of the pragma's words.
        unsafe { weaken(argument.cast()) };
    }
    hands_on!(file, xFileControl, what, argument)
}

/// Turns `PRAGMA synchronous = FULL` into `1`, which is NORMAL, in SQLite's own copy of the word.
///
/// # Safety
/// `words` are those of `SQLITE_FCNTL_PRAGMA`: an answer, the name, and the value or null.
unsafe fn weaken(words: *mut *mut c_char) {
    // SAFETY: promised by the caller.
    let (name, value) = unsafe { (*words.add(1), *words.add(2)) };
    if name.is_null() || value.is_null() {
        return;
    }
    // SAFETY: both are C strings; the value is a copy that SQLite made of its statement, of 5 bytes
    // when it says FULL, and is read after this call.
    unsafe {
        let asked = CStr::from_ptr(value).to_bytes().eq_ignore_ascii_case(b"FULL");
        if asked && CStr::from_ptr(name).to_bytes().eq_ignore_ascii_case(b"synchronous") {
            value.write(b'1'.cast_signed());
            value.add(1).write(0);
        }
    }
}

/// Version 2: with it SQLite maps no file into memory, so no write can pass beside.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
