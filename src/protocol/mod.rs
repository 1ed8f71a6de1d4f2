//! The wire protocol: frames, both encodings, framing. A pure state machine; no sockets. The specification for people who write
//! clients is `docs/protocol.md`; golden vectors in `tests/vectors` pin every byte.

pub mod codec;
pub mod frame;

pub use codec::{DecodeError, Deframer, Encoding, Frame, LENGTH_BYTES, MAX_FRAME_DEFAULT, PREFACE_BYTES, VERSION};
pub use frame::{Auth, Changes, ClientFrame, Hello, Limits, Refused, Resume, ServerFrame, Sync, Welcome};
