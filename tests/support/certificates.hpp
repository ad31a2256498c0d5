// Certificates of a test: an authority, a server (localhost, 127.0.0.1) and a client, as PEM files made by openssl.
//
//   const Certificates certificates;
//   Mosquitto broker({.tls = &certificates});
#pragma once

#include <string>

#include "support/folder.hpp"

namespace leat::test {

/** Made in about half a second; gone with its owner. Throws std::runtime_error without the program openssl. */
class Certificates {
  public:
    /** names  of the server, as openssl's subjectAltName has them. */
    explicit Certificates(const std::string& names = "DNS:localhost,IP:127.0.0.1");

    std::string ca() const { return folder_ / "ca.pem"; }
    std::string server() const { return folder_ / "server.pem"; }
    std::string server_key() const { return folder_ / "server.key"; }
    std::string client() const { return folder_ / "client.pem"; }  ///< CN=gateway
    std::string client_key() const { return folder_ / "client.key"; }
    /** Key, certificate and authority in one file: what Kafka calls a PEM key store. */
    std::string server_store() const { return folder_ / "server_store.pem"; }

  private:
    void sign(const std::string& name, const std::string& subject, const std::string& extensions);

    Folder folder_;
};

}  // namespace leat::test
