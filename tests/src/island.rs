//! A server in a network of its own: one way to it for the desk, which stays, and one for phones, which
//! can be cut, or lose its packets.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

/// A network namespace with two ways in. Gone when dropped.
pub struct Island {
    name: String,
    /// The phones' end of their way, on this side.
    phones: String,
    /// … and on the other.
    inside: String,
    /// Where the desk finds the server.
    pub desk_finds: Ipv4Addr,
    /// Where phones find it.
    pub phones_find: Ipv4Addr,
}

impl Island {
    /// `None` where this user or this machine may not make one, saying so.
    #[must_use]
    pub fn made() -> Option<Self> {
        let number = std::process::id();
        let short = number % 100_000;
        let [second, third] = [200 + number % 50, number / 50 % 250]
            .map(|part| u8::try_from(part).expect("below 250"));
        let at = |last| Ipv4Addr::new(10, second, third, last);
        let island = Self {
            name: format!("releve-{number}"),
            phones: format!("rvp{short}"),
            inside: format!("rvq{short}"),
            desk_finds: at(2),
            phones_find: at(6),
        };
        let (name, desk, desk_inside) =
            (&island.name, format!("rvd{short}"), format!("rve{short}"));
        let mut orders = vec![format!("netns add {name}"), format!("-n {name} link set lo up")];
        for (here, there, first) in [(&desk, &desk_inside, 1), (&island.phones, &island.inside, 5)]
        {
            orders.extend([
                format!("link add {here} type veth peer name {there}"),
                format!("link set {there} netns {name}"),
                format!("addr add {}/30 dev {here}", at(first)),
                format!("-n {name} addr add {}/30 dev {there}", at(first + 1)),
                format!("link set {here} up"),
                format!("-n {name} link set {there} up"),
            ]);
        }
        for order in orders {
            if let Err(why) = ip(&order) {
                println!("not run: this user may make no network here (ip {order}: {why})");
                return None;
            }
        }
        Some(island)
    }

    /// The words before a program that is to run inside.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec()
    }

    /// Cuts the phones' way, or joins it again.
    pub fn cuts(&self, cut: bool) {
        let state = if cut { "down" } else { "up" };
        ip(&format!("link set {} {state}", self.phones)).expect("a link");
    }

    /// Lets so many packets in a hundred fall on the phones' way, both ways; false where nftables is
    /// missing.
    pub fn loses(&self, percent: u32) -> bool {
        let mut rules = "table ip releve\ndelete table ip releve\n".to_owned();
        if percent > 0 {
            let falls = format!("numgen random mod 100 < {percent} drop");
            rules.push_str(&format!(
                "table ip releve {{
                   chain comes {{ type filter hook input priority 0; iifname {0} {falls}; }}
                   chain goes {{ type filter hook output priority 0; oifname {0} {falls}; }}
                 }}\n",
                self.inside
            ));
        }
        let mut words = self.words();
        words.extend(["nft", "-f", "-"].map(str::to_owned));
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut running) = command.spawn() else { return false };
        let told = running.stdin.take().expect("its ear").write_all(rules.as_bytes());
        told.is_ok() && running.wait().is_ok_and(|ended| ended.success())
    }
}

impl Drop for Island {
    fn drop(&mut self) {
        // The ways go with it.
        let _ = ip(&format!("netns del {}", self.name));
    }
}

fn ip(order: &str) -> Result<(), String> {
    let done = Command::new("ip").args(order.split(' ')).output().map_err(|e| e.to_string())?;
    if done.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }
}
