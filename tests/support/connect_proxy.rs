//! A proxy on loopback that opens tunnels (CONNECT), and remembers what it was asked for.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a proxy does.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// Names that it alone knows.
    pub names: Vec<(String, SocketAddr)>,
    /// The value of `proxy-authorization` that it wants.
    pub credentials: Option<String>,
    /// Refuses everything with this status.
    pub refuses: Option<u16>,
}

pub struct ConnectProxy {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (manners, seen) = (manners.clone(), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &manners, &seen));
            }
        });
        Self { address, heads }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The targets of all requests so far, each once.
    pub fn targets(&self) -> Vec<String> {
        let heads = self.heads.lock().expect("no panic");
        let mut targets: Vec<String> =
            heads.iter().filter_map(|head| head.split(' ').nth(1)).map(str::to_owned).collect();
        targets.dedup();
        targets
    }
}

fn serve(mut client: TcpStream, manners: &Manners, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    seen.lock().expect("no panic").push(head.clone());
    let authorized = manners.credentials.as_ref().is_none_or(|wanted| {
        head.lines().any(|line| line.eq_ignore_ascii_case(&format!("proxy-authorization: {wanted}")))
    });
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    let known = manners.names.iter().find(|(name, _)| name == target).map(|(_, address)| *address);
    let status = match (manners.refuses, authorized) {
        (Some(status), _) => status,
        (None, false) => 407,
        (None, true) => 200,
    };
    let server = (status == 200).then(|| known.or_else(|| target.parse().ok())).flatten();
    let server = server.and_then(|address| TcpStream::connect(address).ok());
    let Some(server) = server else {
        let status = if status == 200 { 502 } else { status };
        let body = "s3cret page";
        let length = body.len();
        write!(client, "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\n\r\n{body}").ok()?;
        return client.shutdown(Shutdown::Write).ok();
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\nvia: a proxy\r\n\r\n").ok()?;
    let (mut to, mut back) = (server.try_clone().ok()?, client.try_clone().ok()?);
    let outward = std::thread::spawn(move || {
        let _ = std::io::copy(&mut client, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut server = server;
    let _ = std::io::copy(&mut server, &mut back);
    let _ = back.shutdown(Shutdown::Write);
    outward.join().ok()
}
