// TLS towards a broker, in the same words for every backend: the options of a `tls` block, and what they come to.
//
//     std::optional<TlsOptions> tls;                                    // option<&B::tls>("tls", "TLS settings ...")
//     TlsFiles files = tls_files(*tls);
//     if (!read_key_password(*tls, services, files, why)) return;       // at each connect: it may come from ${file:}
#pragma once
#include <leat/sdk/options.hpp>

#include <string>

namespace leat {
inline namespace v1 {

struct TlsOptions {
    Path ca;
    Path cert;
    Path key;
    Secret key_password;
    bool verify = true;

    static auto options() {
        return leat::options(
            option<&TlsOptions::ca>("ca",
                                    "PEM file of the authorities that may have signed the broker's certificate; "
                                    "by default those of the system."),
            option<&TlsOptions::cert>("cert", "PEM file of the client's certificate, with its chain."),
            option<&TlsOptions::key>("key", "PEM file of the client's key; by default it is looked for in `cert`."),
            option<&TlsOptions::key_password>("key_password", "Password of the key."),
            option<&TlsOptions::verify>("verify", "Whether the broker's certificate and host name are checked."));
    }
};

/// How to speak TLS: plain data. Files are PEM.
struct TlsFiles {
    std::string ca;    ///< empty: the system's authorities
    std::string cert;  ///< empty: no client certificate
    std::string key;   ///< empty: in `cert`
    std::string key_password;
    bool verify = true;  ///< certificate and host name

    /// Where the client's key is.
    [[nodiscard]] const std::string& key_file() const { return key.empty() ? cert : key; }
};

/// What the options say, but for the password.
inline TlsFiles tls_files(const TlsOptions& options) {
    TlsFiles files;
    files.ca = options.ca.text;
    files.cert = options.cert.text;
    files.key = options.key.text;
    files.verify = options.verify;
    return files;
}

/// Reads the key's password as it is now. False: `why` says why it cannot be read.
inline bool read_key_password(const TlsOptions& options, Services services, TlsFiles& files, std::string& why) {
    if (!options.key_password) return true;
    std::string secret;
    if (!options.key_password.read(services, secret)) return why = "tls.key_password: " + secret, false;
    files.key_password = secret;
    return true;
}

/// What is wrong with the files that a `tls` block names; empty: nothing.
inline std::string tls_fault(const TlsOptions& options) {
    if (!options.key.text.empty() && options.cert.text.empty()) return "a key without a certificate: give `cert`";
    return {};
}

}  // namespace v1
}  // namespace leat
