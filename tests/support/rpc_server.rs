//! An HTTP server on loopback whose every reply is a test's own, good or bad.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    pub line: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status line without the version, further header lines, body.
    Http(&'static str, Vec<String>, String),
    /// Reads on and never answers.
    Silence,
    /// Closes the connection.
    HangUp,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::Http("200 OK", vec!["content-type: application/json".into()], body.to_string())
    }

    pub fn text(body: &str) -> Self {
        Self::Http("200 OK", Vec::new(), body.to_owned())
    }

    pub fn status(status: &'static str) -> Self {
        Self::Http(status, Vec::new(), String::new())
    }

    pub fn with(self, header: &str) -> Self {
        match self {
            Self::Http(status, mut headers, body) => {
                headers.push(header.to_owned());
                Self::Http(status, headers, body)
            }
            other => other,
        }
    }
}

pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

type Answer = Arc<Mutex<dyn FnMut(&Request) -> Reply + Send>>;

impl Server {
    pub fn start(answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::serve(None, answer)
    }

    pub fn start_tls(tls: Arc<rustls::ServerConfig>, answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::serve(Some(tls), answer)
    }

    fn serve(tls: Option<Arc<rustls::ServerConfig>>, answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answer: Answer = Arc::new(Mutex::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, log) = (tls.clone(), Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || match tls {
                    None => converse(stream, &answer, &log),
                    Some(tls) => {
                        let connection = rustls::ServerConnection::new(tls).expect("a TLS connection");
                        converse(rustls::StreamOwned::new(connection, stream), &answer, &log)
                    }
                });
            }
        });
        Self { address, asked }
    }

    /// With a key in the path, as providers have it.
    pub fn url(&self) -> String {
        format!("http://{}/v3/s3cret", self.address)
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// A port of loopback where nobody listens.
pub fn closed_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    // Below the ports that systems give out by themselves, so that no server of another test gets it in the meantime.
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpStream::connect(("127.0.0.1", port)).is_err() {
            return port;
        }
    }
}

fn converse(stream: impl Read + Write, answer: &Answer, log: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    let Some(request) = request(&mut reader) else { return };
    let reply = answer.lock().expect("no panic")(&request);
    log.lock().expect("no panic").push(request);
    match reply {
        Reply::Http(status, headers, body) => {
            let mut headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
            // A test may state another length, to cut the body short.
            if !headers.contains("content-length:") {
                headers += &format!("content-length: {}\r\n", body.len());
            }
            let stream = reader.get_mut();
            // A client that has seen enough closes first.
            let _ = write!(stream, "HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n{body}");
            let _ = stream.flush();
        }
        Reply::Silence => {
            let _ = reader.read(&mut [0; 1]);
        }
        Reply::HangUp => {}
    }
}

fn request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Request { line: line.trim().to_owned(), headers, body: Value::Null };
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = serde_json::from_slice(&body).unwrap_or_default();
    Some(request)
}
