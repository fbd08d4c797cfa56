#!/bin/sh
# Makes the certificates and keys beside it, once: of the programs that operators have, in the forms that they write.
# With OpenSSL 3.0, keytool of Java 17 and the Python package cryptography. The keys are nobody's; the password is
# "s3cret wörd", and two files have none.
set -eu
cd "$(dirname "$0")"
password="pass:s3cret wörd"
quietly() { "$@" 2>/dev/null; }

for key in ca pkcs8; do quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $key.key; done
# Certificates that begin long ago, whatever this machine's clock says.
python3 - <<'P'
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
def key(name): return load_pem_private_key(open(name, "rb").read(), None)
def name(text): return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
def write(file, subject, of):
    certificate = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("An authority"))
        .public_key(of.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2100, 1, 1))
        .sign(key("ca.key"), hashes.SHA256()))
    open(file, "wb").write(certificate.public_bytes(Encoding.PEM))
write("ca.pem", "An authority", key("ca.key"))
write("app.pem", "teams-presence-exporter", key("pkcs8.key"))
P
quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.key
quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.key
quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
openssl ec -in ec.key -out ec-sec1.key 2>/dev/null
openssl rsa -in pkcs8.key -traditional -out pkcs1.key 2>/dev/null
# As OpenSSL 3 and 1.1 write encrypted keys, and as they can be told to.
openssl pkcs8 -topk8 -in pkcs8.key -passout "$password" -out aes256.key
openssl pkcs8 -topk8 -in pkcs8.key -passout "$password" -v2 aes-128-cbc -v2prf hmacWithSHA1 -out aes128-sha1.key
openssl pkcs8 -topk8 -in pkcs8.key -passout "$password" -v2 des3 -out des3.key
openssl pkcs8 -topk8 -in pkcs8.key -passout "$password" -scrypt -scrypt_N 1024 -out scrypt.key
# As no one should any more.
openssl rsa -in pkcs8.key -traditional -aes256 -passout "$password" -out proc-type.key 2>/dev/null
openssl pkcs8 -topk8 -in pkcs8.key -passout "$password" -v1 PBE-SHA1-3DES -out pbes1.key
# The chain as a CA sends it: authority first, with what OpenSSL writes in between.
(openssl x509 -in ca.pem -text; echo "Bag Attributes: none"; cat app.pem pkcs8.key) > chain.pem

export_pfx() { openssl pkcs12 -export -inkey pkcs8.key -in app.pem -certfile ca.pem "$@"; }
export_pfx -passout "$password" -out openssl3.pfx
export_pfx -passout "$password" -legacy -out openssl1.pfx
# As Windows exports: Triple DES with SHA-1, or AES with SHA-256.
export_pfx -passout "$password" -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -iter 2000 -out windows.pfx
export_pfx -passout "$password" -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256 -iter 2000 -out windows-aes.pfx
# With more rounds than anybody should wait for.
export_pfx -passout "$password" -iter 1000001 -out costly.pfx
# As Key Vault gives them: without a password, or with the empty one.
export_pfx -passout pass: -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -iter 2000 -out empty.pfx
export_pfx -passout pass: -keypbe NONE -certpbe NONE -nomac -out bare.pfx
python3 - <<'P'
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12
key = load_pem_private_key(open("pkcs8.key", "rb").read(), None)
certificate = x509.load_pem_x509_certificate(open("app.pem", "rb").read())
open("none.pfx", "wb").write(pkcs12.serialize_key_and_certificates(b"app", key, certificate, None, NoEncryption()))
P
# No password at all, which is another thing than the empty one: Windows knows both.
python3 - <<'P'
import ctypes
crypto = ctypes.CDLL("libcrypto.so.3")
for name in ["BIO_new_file", "PEM_read_bio_PrivateKey", "PEM_read_bio_X509", "PKCS12_create"]:
    getattr(crypto, name).restype = ctypes.c_void_p
opened = lambda name, how: ctypes.c_void_p(crypto.BIO_new_file(name, how))
key = ctypes.c_void_p(crypto.PEM_read_bio_PrivateKey(opened(b"pkcs8.key", b"r"), None, None, None))
certificate = ctypes.c_void_p(crypto.PEM_read_bio_X509(opened(b"app.pem", b"r"), None, None, None))
aes_256_cbc = 427
made = crypto.PKCS12_create(None, b"app", key, certificate, None, aes_256_cbc, aes_256_cbc, 2048, 2048, 0)
out = opened(b"null.pfx", b"w")
crypto.i2d_PKCS12_bio(out, ctypes.c_void_p(made))
crypto.BIO_free_all(out)
P
openssl pkcs12 -export -in ca.pem -nokeys -passout "$password" -out keyless.pfx
# keytool takes no letters beyond ASCII on its command line everywhere: its password is "s3cret".
export_pfx -passout pass:s3cret -out for-java.pfx
rm -f java.p12
keytool -importkeystore -srckeystore for-java.pfx -srcstoretype PKCS12 -srcstorepass s3cret \
    -destkeystore java.p12 -deststoretype PKCS12 -deststorepass s3cret -noprompt 2>/dev/null
openssl x509 -in app.pem -outform der -out app.der
base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
for digest in sha1 sha256; do
    openssl dgst -$digest -binary app.der | base64url >$digest.txt
done
rm -f ca.key for-java.pfx
