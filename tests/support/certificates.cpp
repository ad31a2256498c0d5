#include "support/certificates.hpp"

#include <stdexcept>
#include <vector>

#include "support/process.hpp"

namespace leat::test {
namespace {

void openssl(const Folder& folder, std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    const std::string log = folder / "openssl.log";
    if (run(words, log) != 0) throw std::runtime_error("openssl " + words[1] + " failed:\n" + read_file(log));
}

}  // namespace

Certificates::Certificates(const std::string& names) {
    openssl(folder_, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                      "30", "-subj", "/CN=leat test authority", "-keyout", folder_ / "ca.key", "-out", ca()});
    sign("server", "/CN=localhost", "subjectAltName=" + names + "\n");
    sign("client", "/CN=gateway", "extendedKeyUsage=clientAuth\n");
    folder_.write("server_store.pem", read_file(server_key()) + read_file(server()) + read_file(ca()));
}

void Certificates::sign(const std::string& name, const std::string& subject, const std::string& extensions) {
    const std::string request = folder_ / (name + ".csr");
    openssl(folder_, {"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
                      "-keyout", folder_ / (name + ".key"), "-out", request});
    openssl(folder_,
            {"x509", "-req", "-in", request, "-CA", ca(), "-CAkey", folder_ / "ca.key", "-CAcreateserial", "-days",
             "30", "-extfile", folder_.write(name + ".ext", extensions), "-out", folder_ / (name + ".pem")});
}

}  // namespace leat::test
