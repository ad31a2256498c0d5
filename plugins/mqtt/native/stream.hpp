// One non-blocking TCP connection to a broker, with or without TLS: connect, hand-shake, read, write. It waits for
// nothing and watches nothing; whoever owns it does, for the events that wants() names.
//
//   Stream stream(tls);                              // nullptr: plain TCP
//   if (!stream.connect(address, length, "mq")) fail(stream.error());
//   ... when the descriptor is ready: switch (stream.advance()) { case Stream::Progress::up: ... }
//
// On one thread.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <leat/sdk/tls.hpp>

#include <cstdint>
#include <memory>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace leat::mqtt {

/// The settings of TLS connections, read from files. Empty with the reason in `error` when they cannot be used.
class TlsContext {
  public:
    static std::unique_ptr<TlsContext> load(const TlsFiles& files, std::string& error);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    [[nodiscard]] ssl_ctx_st* get() const { return context_; }
    [[nodiscard]] bool verifies() const { return verify_; }

  private:
    TlsContext(ssl_ctx_st* context, bool verify) : context_(context), verify_(verify) {}
    ssl_ctx_st* context_;
    bool verify_;
};

class Stream {
  public:
    /// What wants() is made of.
    static constexpr unsigned kRead = 1;
    static constexpr unsigned kWrite = 2;

    enum class Progress { waiting, up, failed };

    /// tls  the context, which must outlive the stream; nullptr: plain TCP.
    explicit Stream(const TlsContext* tls) : tls_(tls) {}
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Begins to connect. name: the host name, for SNI and verification. False: error() says why.
    bool connect(const sockaddr* address, socklen_t length, const std::string& name);

    /// Goes on with connecting and the TLS hand-shake after the descriptor was ready.
    Progress advance();

    /// Bytes read into `at`, 0 when none are there now, -1 when the connection has ended: error() says how.
    ssize_t read(void* at, std::size_t size);

    /// Tells the other side now that all has come which has been read, not with the next bytes written or 40 ms
    /// later: a peer without TCP_NODELAY, Mosquitto's default, holds its next small packet back until then.
    void confirm();

    /// Bytes written, 0 when the socket takes none now, -1 when the connection has ended.
    ssize_t write(const void* from, std::size_t size);

    /// The events that advance() is waiting for.
    [[nodiscard]] unsigned wants() const { return wants_; }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    bool begin_tls(const std::string& name);
    Progress hand_shake();
    ssize_t ended(std::string why);
    ssize_t tls_result(int result, const char* doing);

    const TlsContext* tls_;
    ssl_st* ssl_ = nullptr;
    int fd_ = -1;
    unsigned wants_ = 0;
    bool is_connected_ = false;
    std::string name_;
    std::string error_;
};

}  // namespace leat::mqtt
