#include "native/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace leat::mqtt {
namespace {

std::string tls_error(const char* otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return otherwise;
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : otherwise;
}

int give_password(char* at, int size, int /*writing*/, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    const int length = static_cast<int>(std::min<std::size_t>(text.size(), static_cast<std::size_t>(size)));
    std::memcpy(at, text.data(), static_cast<std::size_t>(length));
    return length;
}

// OpenSSL's own socket BIO writes with write(2) and so raises SIGPIPE in the host: this one does not.
int bio_write(BIO* bio, const char* from, int size) {
    const auto sent = ::send(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), from,
                             static_cast<std::size_t>(size), MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* at, int size) {
    const auto got = ::recv(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), at,
                            static_cast<std::size_t>(size), 0);
    BIO_clear_retry_flags(bio);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "leat socket");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

std::string load_files(SSL_CTX* context, const TlsFiles& files) {
    if (files.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, files.ca.c_str(), nullptr) != 1) {
        return "cannot use the authorities in " + files.ca + ": " + tls_error("not a PEM file");
    }
    if (files.cert.empty()) return {};
    if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1)
        return "cannot use the certificate " + files.cert + ": " + tls_error("not a PEM file");
    const std::string& key = files.key_file();
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<std::string*>(&files.key_password));
    const bool loaded = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    if (!loaded) return "cannot use the key " + key + ": " + tls_error("wrong password, or not a PEM file");
    if (SSL_CTX_check_private_key(context) != 1) return "the key " + key + " does not belong to " + files.cert;
    return {};
}

}  // namespace

std::unique_ptr<TlsContext> TlsContext::load(const TlsFiles& files, std::string& error) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr) {
        error = "OpenSSL gives no TLS context: " + tls_error("out of memory");
        return nullptr;
    }
    std::unique_ptr<TlsContext> made(new TlsContext(context, files.verify));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, files.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    error = load_files(context, files);
    return error.empty() ? std::move(made) : nullptr;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Stream::~Stream() {
    SSL_free(ssl_);
    if (fd_ >= 0) ::close(fd_);
}

bool Stream::connect(const sockaddr* address, socklen_t length, const std::string& name) {
    name_ = name;
    fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
        error_ = std::string("no socket: ") + std::strerror(errno);
        return false;
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (::connect(fd_, address, length) != 0 && errno != EINPROGRESS) {
        error_ = std::strerror(errno);
        return false;
    }
    wants_ = kWrite;
    return true;
}

bool Stream::begin_tls(const std::string& name) {
    ssl_ = SSL_new(tls_->get());
    BIO* bio = ssl_ == nullptr ? nullptr : BIO_new(bio_method());
    if (bio == nullptr) {
        error_ = "OpenSSL gives no TLS connection: " + tls_error("out of memory");
        return false;
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd_)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_connect_state(ssl_);
    X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_);
    if (X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) != 1) {  // not an address: a name
        ERR_clear_error();
        SSL_set_tlsext_host_name(ssl_, name.c_str());
        X509_VERIFY_PARAM_set1_host(verify, name.c_str(), 0);
    }
    return true;
}

Stream::Progress Stream::advance() {
    if (!is_connected_) {
        int status = 0;
        socklen_t size = sizeof status;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &status, &size);
        if (status != 0) {
            error_ = std::strerror(status);
            return Progress::failed;
        }
        is_connected_ = true;
        if (tls_ != nullptr && !begin_tls(name_)) return Progress::failed;
    }
    wants_ = 0;
    return tls_ == nullptr ? Progress::up : hand_shake();
}

Stream::Progress Stream::hand_shake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return Progress::up;
    const int status = SSL_get_error(ssl_, result);
    if (status == SSL_ERROR_WANT_READ || status == SSL_ERROR_WANT_WRITE) {
        wants_ = status == SSL_ERROR_WANT_READ ? kRead : kWrite;
        return Progress::waiting;
    }
    const long verified = SSL_get_verify_result(ssl_);
    if (tls_->verifies() && verified != X509_V_OK)
        error_ = std::string("TLS: the broker's certificate is refused: ") + X509_verify_cert_error_string(verified);
    else
        error_ = "TLS hand-shake: " + tls_error("the broker closed the connection");
    ERR_clear_error();
    return Progress::failed;
}

ssize_t Stream::ended(std::string why) {
    error_ = std::move(why);
    return -1;
}

ssize_t Stream::tls_result(int result, const char* doing) {
    const int status = SSL_get_error(ssl_, result);
    if (status == SSL_ERROR_WANT_READ || status == SSL_ERROR_WANT_WRITE) return 0;
    if (status == SSL_ERROR_ZERO_RETURN) return ended("the broker closed the connection");
    if (status == SSL_ERROR_SYSCALL && errno != 0) return ended(std::strerror(errno));
    return ended(std::string("TLS, ") + doing + ": " + tls_error("the broker closed the connection"));
}

ssize_t Stream::read(void* at, std::size_t size) {
    if (ssl_ == nullptr) {
        const ssize_t got = ::recv(fd_, at, size, 0);
        if (got > 0) return got;
        if (got == 0) return ended("the broker closed the connection");
        return errno == EAGAIN || errno == EINTR ? 0 : ended(std::strerror(errno));
    }
    std::size_t total = 0;  // a TLS record is at most 16 KiB: as many as are there
    while (total < size) {
        ERR_clear_error();
        errno = 0;
        const int got = SSL_read(ssl_, static_cast<char*>(at) + total,
                                 static_cast<int>(std::min<std::size_t>(size - total, INT_MAX)));
        if (got <= 0) {
            const ssize_t result = tls_result(got, "reading");
            return total > 0 ? static_cast<ssize_t>(total) : result;
        }
        total += static_cast<std::size_t>(got);
    }
    return static_cast<ssize_t>(total);
}

void Stream::confirm() {
    const int on = 1;  // once: what is written next puts the kernel back to confirming late
    ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

ssize_t Stream::write(const void* from, std::size_t size) {
    if (ssl_ == nullptr) {
        const ssize_t sent = ::send(fd_, from, size, MSG_NOSIGNAL);
        if (sent >= 0) return sent;
        return errno == EAGAIN || errno == EINTR ? 0 : ended(std::strerror(errno));
    }
    ERR_clear_error();
    errno = 0;
    const int sent = SSL_write(ssl_, from, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
    return sent > 0 ? sent : tls_result(sent, "writing");
}

}  // namespace leat::mqtt
