//! Where a push may go. Addresses of push services come from browsers and phones: none may lead into
//! the server's own network (design: no server-side request to a private address).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use releve_shared::notice::ENDPOINT_LIMIT;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Authority;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Reads the address of a push service: `https`, a host, no user. Hosts of the settings may also be
/// plain and private, on the port that they are named with. `None` for any other.
pub fn endpoint(text: &str, own: &[String]) -> Option<Uri> {
    if text.len() > ENDPOINT_LIMIT {
        return None;
    }
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let host = authority.host();
    let known = is_own(&uri, own);
    let scheme = uri.scheme_str()?;
    let secure = scheme == "https" || (known && scheme == "http");
    let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let outside = literal.map_or_else(|| host.contains('.'), is_public);
    let reachable = known || outside;
    let plain = !authority.as_str().contains('@');
    (secure && reachable && plain).then_some(uri)
}

/// Whether an address is of a host of the settings, `host:port`; without a port, the one that goes
/// without saying. Another port of that host is another service.
fn is_own(uri: &Uri, own: &[String]) -> bool {
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(usual);
    own.iter().filter_map(|name| name.parse::<Authority>().ok()).any(|name| {
        name.host().eq_ignore_ascii_case(host) && name.port_u16().unwrap_or(usual) == port
    })
}

/// The scheme and host of an address: whom a signed word is for.
pub fn service(uri: &Uri) -> String {
    let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let host = part(uri.authority().map(|a| a.as_str()));
    // An origin does not say the port that goes without saying (RFC 6454).
    let host =
        host.strip_suffix(":443").filter(|_| uri.scheme_str() == Some("https")).unwrap_or(&host);
    format!("{}://{host}", part(uri.scheme_str()))
}

/// Finds a host's addresses and keeps the public ones: what a name leads to is looked at each time,
/// at the moment of connecting, so that a name that changes its mind gains nothing.
#[derive(Debug)]
pub struct Guarded {
    own: Vec<String>,
    found: DefaultResolver,
}

impl Guarded {
    /// `own`: hosts that may be private, with their ports.
    pub fn new(own: &[String]) -> Self {
        Self { own: own.to_vec(), found: DefaultResolver::default() }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.found.resolve(uri, config, timeout)?;
        if is_own(uri, &self.own) {
            return Ok(all);
        }
        let mut kept = self.empty();
        all.iter()
            .filter(|address| is_public(address.ip()))
            .for_each(|address| kept.push(*address));
        if kept.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(kept) }
    }
}

/// Whether an address is one of the open network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        // This network, loopback, multicast and what is reserved above it.
        (0 | 127 | 224..=255, _, _) => true,
        // Shared by carriers (RFC 6598), protocol assignments, 6to4 relays, benchmarks.
        (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _) => true,
        _ => false,
    };
    !(special || ip.is_private() || ip.is_link_local() || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [a, b, ..] = ip.segments();
    // Global unicast only, without Teredo and protocol assignments, documentation, and 6to4, which
    // wraps an address of the other kind. What NAT64 wraps is outside global unicast.
    (a & 0xe000) == 0x2000
        && !(a == 0x2001 && (b < 0x200 || b == 0xdb8))
        && a != 0x2002
        && a != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_network_is_public() {
        let public = ["8.8.8.8", "172.15.0.1", "100.63.0.1", "2a00:1450:4007::5", "2001:4860::1"];
        for ip in public {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "::7f00:1",
            "3fff::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn an_endpoint_is_https_and_leads_outside() {
        let own = ["push.lan", "127.0.0.1:9000", "[fd00::1]:9000"].map(str::to_owned);
        for good in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://updates.push.services.mozilla.com:443/wpush/v2/g",
            "https://8.8.8.8/x",
            "http://PUSH.lan/topic?up=1",
            "http://push.lan:80/a",
            "https://push.lan/a",
            "http://127.0.0.1:9000/a",
            "https://127.0.0.1:9000/a",
            "http://[fd00::1]:9000/a",
        ] {
            assert!(endpoint(good, &own).is_some(), "{good}");
        }
        for bad in [
            "",
            "push",
            "/relative",
            "http://push.example/a",
            "ftp://push.example/a",
            "https:///a",
            "https://user:pass@push.example/a",
            "https://localhost/a",
            "https://10.0.0.1/a",
            "https://[::1]/a",
            "https://[fe80::1]/a",
            "https://169.254.169.254/latest/meta-data",
            "https://2130706433/",
            // Other ports of one's own hosts are other services.
            "http://push.lan:9000/a",
            "http://push.lan:443/a",
            "https://127.0.0.1/a",
            "http://127.0.0.1:9001/a",
            "http://[fd00::1]/a",
            "javascript:alert(1)",
        ] {
            assert!(endpoint(bad, &own).is_none(), "{bad}");
        }
        assert!(endpoint(&format!("https://push.example/{}", "a".repeat(2_000)), &own).is_none());
        let uri = endpoint("https://push.example:8443/a?b", &own).unwrap();
        assert_eq!(service(&uri), "https://push.example:8443");
        let usual = endpoint("https://push.example:443/a", &own).unwrap();
        assert_eq!(service(&usual), "https://push.example");
    }

    #[test]
    fn a_name_that_leads_inside_leads_nowhere() {
        let asks = |own: &[String]| {
            let config = ureq::Agent::config_builder().proxy(None).build();
            let agent = ureq::Agent::with_parts(
                config,
                ureq::unversioned::transport::DefaultConnector::default(),
                Guarded::new(own),
            );
            agent.get("http://localhost:9/").call().unwrap_err()
        };
        assert!(matches!(asks(&[]), ureq::Error::HostNotFound), "refused before a connection");
        assert!(
            matches!(asks(&["localhost".to_owned()]), ureq::Error::HostNotFound),
            "another port"
        );
        let own = asks(&["localhost:9".to_owned()]);
        assert!(!matches!(own, ureq::Error::HostNotFound), "one's own host is tried: {own}");
    }
}
