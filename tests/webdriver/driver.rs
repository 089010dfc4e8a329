//! The app's window, driven as a person would: by the words on it.
//!
//! WebDriver (W3C) is a dozen JSON calls; a client crate for them would bring an async stack and
//! twenty old crates into the lock file, for one test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

/// Looks for a word, a tenth of a second apart; far more than it ever takes.
const LOOKS: u32 = 600;
/// The key of an element's reference (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window of the app, and the driver that holds it; both end with it.
pub struct Window {
    session: String,
    agent: Agent,
    _driver: Driver,
}

struct Driver(Child);

impl Drop for Driver {
    /// Asked to end, it ends WebKit's driver too; killed, it would leave it behind.
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Cargo's folder of programs, beside this test.
fn programs() -> PathBuf {
    let here = std::env::current_exe().expect("this test's own place");
    here.parent().and_then(Path::parent).expect("target/debug").to_owned()
}

impl Window {
    /// Opens the app with its data under `home` and an NFC reader of that name.
    pub fn open(home: &Path, reader: &str) -> Self {
        Self::open_on(home, reader, None)
    }

    /// The same, on a session bus.
    pub fn open_on(home: &Path, reader: &str, bus: Option<&str>) -> Self {
        let app = programs().join("releve");
        assert!(app.is_file(), "{} is not built: run scripts/window", app.display());
        let (port, native) = (free_port(), free_port());
        let mut command = Command::new("tauri-driver");
        if let Some(bus) = bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        let driver = command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("LIBNFC_DEFAULT_DEVICE", reader)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tauri-driver, which scripts/setup installs");
        let driver = Driver(driver);
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let sessions = format!("http://127.0.0.1:{port}/session");
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "wry", "tauri:options": { "application": app },
        }}});
        // The driver starts while this asks.
        let answer = (0..LOOKS).find_map(|_| {
            pause();
            call(&agent, "POST", &sessions, Some(&wanted)).ok()
        });
        let answer = answer.expect("tauri-driver answers");
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no window: {answer}"));
        let window = Self { session: format!("{sessions}/{id}"), agent, _driver: driver };
        let _ = window.post("window/rect", &json!({ "width": 412, "height": 892 }));
        window
    }

    /// Waits until the words are on the screen.
    pub fn shows(&self, words: &str) {
        for _ in 0..LOOKS {
            if self.text().contains(words) {
                return;
            }
            pause();
        }
        self.picture("failed");
        panic!("no \"{words}\" on the screen, but:\n{}", self.text());
    }

    /// Waits until the words have left the screen.
    pub fn shows_no_more(&self, words: &str) {
        for _ in 0..LOOKS {
            if !self.text().contains(words) {
                return;
            }
            pause();
        }
        self.picture("failed");
        panic!("still \"{words}\" on the screen:\n{}", self.text());
    }

    /// Presses the button or link with these words.
    pub fn presses(&self, words: &str) {
        let quoted =
            if words.contains('\'') { format!("\"{words}\"") } else { format!("'{words}'") };
        let path = format!("//*[self::button or self::a][contains(normalize-space(.), {quoted})]");
        let button = self.element("xpath", &path);
        let _ = self.post(&format!("element/{button}/click"), &json!({}));
    }

    /// Types into the field of this CSS selector; into a field for files, their path.
    pub fn types(&self, field: &str, text: &str) {
        let field = self.element("css selector", field);
        let _ = self.post(&format!("element/{field}/value"), &json!({ "text": text }));
    }

    /// Keeps a picture of the window in `target/window`.
    pub fn picture(&self, name: &str) {
        use base64::Engine as _;
        // Words are there before they are painted.
        let painted = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        let _ = self.post("execute/async", &json!({ "script": painted, "args": [] }));
        let folder = programs().with_file_name("window");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let shot = self.get("screenshot");
        let png =
            base64::engine::general_purpose::STANDARD.decode(shot.as_str().unwrap_or_default());
        std::fs::write(folder.join(format!("{name}.png")), png.expect("a picture"))
            .expect("to keep it");
    }

    /// Everything that can be read on the screen.
    fn text(&self) -> String {
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        self.post("execute/sync", &script).as_str().unwrap_or_default().to_owned()
    }

    fn element(&self, using: &str, value: &str) -> String {
        let wanted = json!({ "using": using, "value": value });
        for _ in 0..LOOKS {
            let url = format!("{}/element", self.session);
            if let Ok(found) = call(&self.agent, "POST", &url, Some(&wanted))
                && let Some(id) = found[ELEMENT].as_str()
            {
                return id.to_owned();
            }
            pause();
        }
        self.picture("failed");
        panic!("nothing on the screen is {value}:\n{}", self.text());
    }

    fn get(&self, what: &str) -> Value {
        let url = format!("{}/{what}", self.session);
        call(&self.agent, "GET", &url, None).unwrap_or_else(|said| panic!("{what}: {said}"))
    }

    fn post(&self, what: &str, body: &Value) -> Value {
        let url = format!("{}/{what}", self.session);
        call(&self.agent, "POST", &url, Some(body)).unwrap_or_else(|said| panic!("{what}: {said}"))
    }
}

impl Drop for Window {
    /// Closes the window first: a driver that is killed leaves it open.
    fn drop(&mut self) {
        let _ = call(&self.agent, "DELETE", &self.session, None);
    }
}

/// One call; its value, or what went wrong in the driver's words.
fn call(agent: &Agent, method: &str, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let body = body.map(|body| serde_json::to_vec(body).expect("JSON")).unwrap_or_default();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(body)
        .expect("a request");
    let mut answer = agent.run(request).map_err(|error| error.to_string())?;
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let said: Value = serde_json::from_str(&text).map_err(|_| text.clone())?;
    if answer.status().is_success() { Ok(said["value"].clone()) } else { Err(text) }
}
