//! A refusal that is nothing but a header. A server that could not read a query has no question to repeat (RFC 6891 §7), and
//! many send twelve bytes then; but the library's client drops every reply over UDP without its question, and takes the
//! server for silent. Here the question is put back, so that the refusal is heard and the query sent again without EDNS.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hickory_resolver::net::runtime::{DnsUdpSocket, TokioTime};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// A socket that hears bare refusals of what was last sent on it.
pub(super) struct Hearing {
    socket: UdpSocket,
    sent: Mutex<Vec<u8>>,
}

impl Hearing {
    pub(super) fn new(socket: UdpSocket) -> Self {
        Self { socket, sent: Mutex::default() }
    }
}

impl DnsUdpSocket for Hearing {
    type Time = TokioTime;

    fn poll_recv_from(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut received = ReadBuf::new(buffer);
        let from = ready!(self.socket.poll_recv_from(context, &mut received))?;
        let length = received.filled().len();
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let length = with_question(buffer, length, &sent).unwrap_or(length);
        Poll::Ready(Ok((length, from)))
    }

    fn poll_send_to(&self, context: &mut Context<'_>, query: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        let sent = ready!(self.socket.poll_send_to(context, query, target))?;
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = query.to_vec();
        Poll::Ready(Ok(sent))
    }
}

/// Puts the question of `query` behind a bare refusal of it in `buffer`; its new length.
fn with_question(buffer: &mut [u8], length: usize, query: &[u8]) -> Option<usize> {
    let (header, rest) = buffer.split_first_chunk_mut::<HEADER>()?;
    let (id, asked) = (query.first_chunk::<2>()?, question(query)?);
    let [first, second, flags, code, counts @ ..] = &mut *header;
    let is_refusal = *flags & RESPONSE != 0 && [FORMAT_ERROR, NOT_IMPLEMENTED].contains(&(*code & CODE));
    if length != HEADER || [*first, *second] != *id || !is_refusal || counts.iter().any(|&count| count != 0) {
        return None;
    }
    rest.get_mut(..asked.len())?.copy_from_slice(asked);
    counts[1] = 1;
    Some(HEADER + asked.len())
}

/// The name, type and class of a query's one question.
fn question(query: &[u8]) -> Option<&[u8]> {
    let behind = query.get(HEADER..)?;
    let end = behind.iter().position(|&byte| byte == 0)? + 1 + 4;
    behind.get(..end)
}

/// RFC 1035 §4.1.1.
const HEADER: usize = 12;
const RESPONSE: u8 = 0x80;
const CODE: u8 = 0x0f;
const FORMAT_ERROR: u8 = 1;
const NOT_IMPLEMENTED: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\x01\x01a\0\0\x10\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0";
    const QUESTION: &[u8] = b"\x01a\0\0\x10\0\x01";

    fn heard(reply: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 64];
        buffer[..reply.len()].copy_from_slice(reply);
        let length = with_question(&mut buffer, reply.len(), QUERY)?;
        buffer.truncate(length);
        Some(buffer)
    }

    #[test]
    fn only_a_bare_refusal_of_this_query_gets_its_question_back() {
        for code in [1, 4] {
            let wanted = [b"\x12\x34\x81", &[code][..], b"\0\x01\0\0\0\0\0\0", QUESTION].concat();
            assert_eq!(heard(&[b"\x12\x34\x81", &[code][..], &[0; 8]].concat()), Some(wanted));
        }
        for other in [
            &b"\x12\x35\x81\x01\0\0\0\0\0\0\0\0"[..],
            b"\x12\x34\x01\x01\0\0\0\0\0\0\0\0",
            b"\x12\x34\x81\x00\0\0\0\0\0\0\0\0",
            b"\x12\x34\x81\x03\0\0\0\0\0\0\0\0",
            b"\x12\x34\x81\x01\0\x01\0\0\0\0\0\0",
            b"\x12\x34\x81\x01\0\0\0\0\0\0\0\0\0",
            b"\x12\x34\x81\x01",
        ] {
            assert_eq!(heard(other), None, "{other:?}");
        }
        assert_eq!(with_question(&mut [0; 64], 12, b""), None);
    }
}
