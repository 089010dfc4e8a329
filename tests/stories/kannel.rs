//! Kannel between the server and telephones: its form of `sendsms`, its delivery reports, and what it
//! hands on; with its documented answers, and with the real one over its own pretended operator.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use releve_server::app::App;
use releve_server::config::Method;
use releve_server::notices;
use releve_shared::alarm::{Kind, Report, SmsKey, SmsText};
use releve_shared::id::AlarmId;
use releve_tests::carrier::Carrier;
use releve_tests::process::{free_port, until};
use releve_tests::world::World;
use releve_tests::world::alarm::{AlarmLane, HERE};
use releve_tests::world::desk::of;
use releve_tests::world::link::agent;
use releve_tests::world::server::GATEWAY;
use releve_tests::world::time::Seeded;
use serde_json::{Value, json};

/// What the jobs hand to kannel.
fn sends(w: &World, at: SocketAddr) -> usize {
    let app = w.server().as_ref().expect("a server").app.clone();
    let mut config = app.config.clone();
    config.sms.url = format!(
        "http://{at}/cgi-bin/sendsms?username=releve&password=secret&from=Agence&to={{to}}&text={{text}}\
         &charset=UTF-8&coding=0&dlr-mask=19&dlr-url={{report}}"
    );
    config.sms.method = Method::Get;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (clock, chance) = (Arc::new(w.time.clone()), Arc::new(Seeded::of(82)));
        let sender = App::new(app.db.clone(), clock, chance, config).await.expect("an application");
        notices::send_urgent(&sender).await.expect("the jobs")
    })
}

/// A value of a query, its percent signs undone.
fn value(line: &str, name: &str) -> String {
    let query = line.split_once('?').map_or("", |(_, query)| query);
    let part = query.split('&').find_map(|part| part.strip_prefix(&format!("{name}=")));
    let mut bytes = Vec::new();
    let mut rest = part.unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Kannel says what came of a message: the address it was given, its own number in the place of `%d`,
/// and the user and password of the address as Basic.
fn reports(url: &str, state: u32, secret: Option<&str>) -> u16 {
    let (scheme, rest) = url.split_once("://").expect("an address");
    let (user, host) = rest.split_once('@').expect("a user");
    let (_, held) = user.split_once(':').expect("a password");
    let asked = format!("{scheme}://{}", host.replace("%d", &state.to_string()));
    let basic = format!("Basic {}", STANDARD.encode(format!("releve:{}", secret.unwrap_or(held))));
    agent().get(&asked).header("authorization", &basic).call().expect("an answer").status().as_u16()
}

fn sms(test: &Value) -> (String, String) {
    let lines = test["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["channel"] == "sms").expect("a text message");
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("error"))
}

/// A test with a caregiver who has a telephone; gives where it is looked at.
fn tries(w: &World, membership: impl std::fmt::Display) -> String {
    let asked = json!({ "membership": membership.to_string() });
    let id: String = of(&w.desk.post("/api/desk/notices/tests", &asked).ok(), "id");
    format!("/api/desk/notices/tests/{id}")
}

fn has_telephone(w: &World, membership: impl std::fmt::Display) {
    let path = format!("/api/desk/caregivers/{membership}");
    let rev = &w.desk.get(&path).ok()["rev"];
    let body = json!({ "first_name": "Amina", "last_name": "Diallo", "phone": "0612345678",
        "role": "Aide", "rev": rev });
    let _ = w.desk.put(&path, &body).ok();
}

/// O-33: each message has its state: taken by kannel, then delivered or not, as it reports.
#[test]
fn kannel_reports_what_came_of_a_text_message() {
    World::each(|w| {
        let kannel = Carrier::start();
        let amina = w.desk.adds_caregiver("Amina", "Diallo");
        has_telephone(w, amina.id);
        let test = tries(w, amina.id);
        // "3: Queued for later delivery" is 202 too.
        kannel.says(202);
        assert_eq!(sends(w, kannel.address), 1);
        assert_eq!(sms(&w.desk.get(&test).ok()).0, "sent");
        let asked = kannel.asked().pop().expect("a request").line;
        assert_eq!(value(&asked, "to"), "+33612345678");
        let url = value(&asked, "dlr-url");
        assert!(url.ends_with("&state=%d") && url.contains(GATEWAY), "{url}");
        assert_eq!(reports(&url, 1, Some("guess")), 401);
        assert_eq!(reports(&url, 8, None), 204, "a step on the way");
        assert_eq!(sms(&w.desk.get(&test).ok()).0, "sent");
        assert_eq!(reports(&url, 1, None), 204);
        assert_eq!(sms(&w.desk.get(&test).ok()).0, "delivered");
        assert_eq!(reports(&url, 2, None), 204);
        assert_eq!(sms(&w.desk.get(&test).ok()).0, "delivered", "it has arrived");

        let test = tries(w, amina.id);
        assert_eq!(sends(w, kannel.address), 1);
        let url = value(&kannel.asked().pop().expect("a request").line, "dlr-url");
        assert_eq!(reports(&url, 16, None), 204);
        assert_eq!(sms(&w.desk.get(&test).ok()), ("given_up".to_owned(), "undelivered".to_owned()));

        // "Authorization failed for sendsms" is for good; "Temporal failure, try again later" is not.
        for (status, state) in [(403, "given_up"), (503, "failed")] {
            let test = tries(w, amina.id);
            kannel.says(status);
            assert_eq!(sends(w, kannel.address), 0);
            assert_eq!(sms(&w.desk.get(&test).ok()).0, state, "{status}");
        }
    });
}

/// Programs of Debian's kannel, ended with the story.
struct Boxes(Vec<Child>);

impl Boxes {
    fn start(&mut self, program: &str, words: &[&str]) {
        let mut command = Command::new(program);
        let _ = command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
        self.0.push(command.spawn().expect("kannel is missing: say scripts/setup"));
    }
}

impl Drop for Boxes {
    fn drop(&mut self) {
        for child in self.0.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn settings(w: &World, ports: [u16; 4], file: &Path) {
    let [admin, boxes, operator, sendsms] = ports;
    let host = w.url().replace("http://", "");
    let text = format!(
        "group = core\nadmin-port = {admin}\nadmin-password = a\nstatus-password = s\n\
         admin-allow-ip = \"127.0.0.1\"\nadmin-deny-ip = \"*.*.*.*\"\n\
         smsbox-port = {boxes}\nbox-allow-ip = \"127.0.0.1\"\n\n\
         group = smsc\nsmsc = fake\nsmsc-id = operator\nport = {operator}\n\
         connect-allow-ip = 127.0.0.1\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\n\n\
         group = sendsms-user\nusername = releve\npassword = secret\nmax-messages = 6\n\
         concatenation = true\n\n\
         group = sms-service\nkeyword = default\nomit-empty = true\nmax-messages = 0\n\
         get-url = \"http://releve:{GATEWAY}@{host}/api/gateway/sms?from=%p&text=%b\"\n"
    );
    std::fs::write(file, text).expect("settings");
}

/// O-33: the real kannel over its own pretended operator: a text message leaves and is reported as
/// delivered; one that a phone has signed arrives and raises.
#[test]
fn the_real_kannel_carries_both_ways() {
    World::each(|w| {
        let amina = w.worker("Amina");
        has_telephone(w, amina.caregiver.id);
        let lane = AlarmLane::of(w, &amina);
        let route = lane.says(Report::Alive { alarm: None, session: None }).sms.expect("a key");
        let alarm: AlarmId = lane.draw();
        let said = SmsText { alarm, code: route.code, position: Some(HERE), kind: Kind::Panic };
        let text = said.sign(&SmsKey::parse(&route.key).unwrap()).unwrap();

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kannel.conf");
        let ports = [free_port(), free_port(), free_port(), free_port()];
        settings(w, ports, &file);
        let listens = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        let mut boxes = Boxes(Vec::new());
        let conf = file.display().to_string();
        boxes.start("/usr/sbin/bearerbox", &[&conf]);
        let _ = until("bearerbox listens", || ports[..3].iter().all(|port| listens(*port)));
        boxes.start("/usr/sbin/smsbox", &[&conf]);
        let _ = until("smsbox listens", || listens(ports[3]));
        let operator = ports[2].to_string();
        let words = format!("+33633333333 33600000000 text {text}");
        let asked = ["-H", "127.0.0.1", "-r", &operator, "-i", "0.5", "-m", "1", &words];
        boxes.start("/usr/lib/kannel/test/fakesmsc", &asked);

        let _ = until("the signed text has raised", || {
            w.desk.get("/api/desk/alarms").ok().to_string().contains(&alarm.to_string())
        });
        let test = tries(w, amina.caregiver.id);
        let kannel = SocketAddr::from(([127, 0, 0, 1], ports[3]));
        assert!(sends(w, kannel) >= 1);
        let _ = until("kannel reports", || sms(&w.desk.get(&test).ok()).0 == "delivered");
    });
}
