//! What is pushed, sealed so that only the device can read it: Message Encryption for Web Push (RFC 8291), one record of `aes128gcm`
//! (RFC 8188).
//!
//! A body, byte for byte: salt (16) · record size (4, big-endian) · 65 · our public key for this one message (65) · the sealed record.
//! The record is the text, a 2, and zeros up to a multiple of [`PAD_TO`], so that its length says little of the text's.

use crate::model::push::{DEVICE_KEY_BYTES, DeviceKeys};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};

/// The record size that push services have to take: a whole body with it is 4,096 bytes at most.
const RECORD_BYTES: u32 = 4_096;
/// Longest text.
pub const TEXT_BYTES_MAX: usize = 3_072;
/// Records are as long as a multiple of this.
const PAD_TO: usize = 256;
const SALT_BYTES: usize = 16;

/// Seals a text for a device. Fails when the device's key is no point of the curve, or the system gives no random numbers.
pub fn seal(device: &DeviceKeys, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let mut public = [0; DEVICE_KEY_BYTES];
    let made = own.compute_public_key()?;
    public.copy_from_slice(made.as_ref().get(..DEVICE_KEY_BYTES).ok_or(Unspecified)?);
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt)?;
    let mut record = text.to_vec();
    record.push(2);
    record.resize(record.len().next_multiple_of(PAD_TO), 0);
    agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, &device.public), |shared| {
        seal_with(device, &public, shared, salt, record)
    })?
}

/// The same with everything that is drawn by lot given.
fn seal_with(
    device: &DeviceKeys,
    public: &[u8; DEVICE_KEY_BYTES],
    shared: &[u8],
    salt: [u8; SALT_BYTES],
    mut record: Vec<u8>,
) -> Result<Vec<u8>, Unspecified> {
    let info: [&[u8]; 3] = [b"WebPush: info\0", &device.public, public];
    let key: [u8; 32] = derive(&device.secret, shared, &info)?;
    let content: [u8; 16] = derive(&salt, &key, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = derive(&salt, &key, &[b"Content-Encoding: nonce\0"])?;
    let content = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content)?);
    content.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;
    let mut body = Vec::with_capacity(SALT_BYTES + 5 + DEVICE_KEY_BYTES + record.len());
    body.extend_from_slice(&salt);
    body.extend_from_slice(&RECORD_BYTES.to_be_bytes());
    body.push(DEVICE_KEY_BYTES as u8);
    body.extend_from_slice(public);
    body.append(&mut record);
    Ok(body)
}

/// HKDF with SHA-256 (RFC 5869): extract, then expand.
fn derive<const N: usize>(salt: &[u8], secret: &[u8], info: &[&[u8]]) -> Result<[u8; N], Unspecified> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut key = [0; N];
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(info, Length(N))?.fill(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;
    use web_push_native::{Auth, decrypt, p256};

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_example_of_rfc_8291_comes_out_to_the_byte() {
        let device = DeviceKeys {
            public: bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            secret: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let public = bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let shared: [u8; 32] = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let mut record = b"When I grow up, I want to be a watermelon".to_vec();
        record.push(2);
        let body = seal_with(&device, &public, &shared, bytes("DGv6ra1nlYgDCS1FRnbzlw"), record).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml\
                        mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT\
                        pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(&body), expected);
    }

    #[test]
    fn what_is_sealed_is_read_by_software_of_others_and_by_no_other_device() {
        let own = p256::SecretKey::from_slice(&[7; 32]).unwrap();
        let mut device = DeviceKeys { public: [0; DEVICE_KEY_BYTES], secret: [3; 16] };
        device.public.copy_from_slice(own.public_key().to_encoded_point(false).as_bytes());
        for length in [0, 1, 250, 254, 255, 256, 1_000, TEXT_BYTES_MAX] {
            let text = vec![b'a'; length];
            let body = seal(&device, &text).unwrap();
            assert!(body.len() <= RECORD_BYTES as usize, "{}", body.len());
            assert_eq!((body.len() - 86 - 16) % PAD_TO, 0);
            let read = decrypt(body.clone(), &own, &Auth::clone_from_slice(&[3; 16])).unwrap();
            assert_eq!(read, text);
            assert!(decrypt(body.clone(), &own, &Auth::clone_from_slice(&[4; 16])).is_err());
            let other = p256::SecretKey::from_slice(&[8; 32]).unwrap();
            assert!(decrypt(body, &other, &Auth::clone_from_slice(&[3; 16])).is_err());
        }
        assert_ne!(seal(&device, b"twice").unwrap(), seal(&device, b"twice").unwrap());
        device.public[40] ^= 1;
        assert!(seal(&device, b"no point of the curve").is_err());
    }
}
