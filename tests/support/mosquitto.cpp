#include "support/mosquitto.hpp"

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/port.hpp"

namespace leat::test {

Mosquitto::Mosquitto(const Options& options) : port_(options.port != 0 ? options.port : free_port()) {
    if (options.tls != nullptr) tls_port_ = free_port();
    if (options.websockets) ws_port_ = free_port();
    if (options.websockets && options.tls != nullptr) wss_port_ = free_port();
    write_configuration(options);
    start();
}

void Mosquitto::write_configuration(const Options& options) {
    std::ostringstream out;
    out << "user root\n"  // started by root it would become a user that cannot write the test's folder
        << "max_inflight_messages 0\nmax_queued_messages 0\n"
        << "log_dest file " << (folder_ / "mosquitto.log")
        << "\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\nlog_type subscribe\n"
        << "log_timestamp_format %H:%M:%S\nconnection_messages true\n";
    if (options.persistence) {
        out << "persistence true\npersistence_location " << folder_.path().string() << "/\nautosave_interval 0\n";
    }
    if (options.users.empty()) {
        out << "allow_anonymous true\n";
    } else {
        const std::string passwords = folder_.write("passwords", "");
        for (const auto& [user, password] : options.users) {
            if (run({"mosquitto_passwd", "-b", passwords, user, password}) != 0) {
                throw std::runtime_error("mosquitto_passwd failed");
            }
        }
        out << "allow_anonymous false\npassword_file " << passwords << '\n';
    }
    out << "listener " << port_ << " 127.0.0.1\n";
    if (options.tls != nullptr) {
        out << "listener " << tls_port_ << " 127.0.0.1\n";
        write_tls(out, options);
    }
    if (options.websockets) out << "listener " << ws_port_ << " 127.0.0.1\nprotocol websockets\n";
    if (wss_port_ != 0) {
        out << "listener " << wss_port_ << " 127.0.0.1\nprotocol websockets\n";
        write_tls(out, options);
    }
    out << options.extra << '\n';
    folder_.write("mosquitto.conf", out.str());
}

void Mosquitto::write_tls(std::ostream& out, const Options& options) {
    out << "cafile " << options.tls->ca() << "\ncertfile " << options.tls->server() << "\nkeyfile "
        << options.tls->server_key() << '\n';
    if (options.client_certificates) out << "require_certificate true\n";
}

void Mosquitto::start() {
    process_ = Process({"mosquitto", "-c", folder_ / "mosquitto.conf"}, {.output = folder_ / "mosquitto.out"});
    const bool up = eventually([this] { return accepts(port_) || !process_.running(); });
    if (!up || !process_.running()) throw std::runtime_error("mosquitto did not start:\n" + log());
}

void Mosquitto::stop() { process_.stop(); }

std::string Mosquitto::url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

std::string Mosquitto::tls_url() const { return "mqtts://localhost:" + std::to_string(tls_port_); }

std::string Mosquitto::log() const { return read_file(log_file()) + read_file(folder_ / "mosquitto.out"); }

int Mosquitto::logged(std::string_view word, std::string_view other) const {
    std::istringstream lines(log());
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
        count += line.find(word) != std::string::npos && line.find(other) != std::string::npos;
    }
    return count;
}

}  // namespace leat::test
