#include "support/rabbitmq.hpp"

#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/port.hpp"

namespace leat::test {
namespace {

constexpr const char* kScripts = "/usr/lib/rabbitmq/bin/";  // not the wrappers: those change user and folder

std::string tail(const std::string& text) { return text.size() > 4000 ? text.substr(text.size() - 4000) : text; }

/** Whether a client may log in: the port is open long before. */
bool lets_in(std::uint16_t port) {
    amqp_connection_state_t state = amqp_new_connection();
    amqp_socket_t* socket = amqp_tcp_socket_new(state);
    timeval limit{2, 0};
    amqp_set_handshake_timeout(state, &limit);
    const bool is_in =
        amqp_socket_open_noblock(socket, "127.0.0.1", port, &limit) == AMQP_STATUS_OK &&
        amqp_login(state, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type ==
            AMQP_RESPONSE_NORMAL;
    amqp_destroy_connection(state);
    return is_in;
}

}  // namespace

RabbitMq::RabbitMq(Options options)
    : erlang_(options.erlang), port_(free_port()), dist_port_(free_port()), epmd_port_(free_port()) {
    if (options.tls != nullptr) tls_port_ = free_port();
    write_configuration(options);
    epmd_ = Process({"epmd", "-port", std::to_string(epmd_port_), "-address", "127.0.0.1"},
                    {.output = folder_ / "epmd.log", .environment = environment()});
    start();
}

void RabbitMq::write_configuration(const Options& options) const {
    std::ostringstream out;
    out << "listeners.tcp.local = 127.0.0.1:" << port_ << "\nlog.file.level = info\n"
        << "vm_memory_high_watermark.absolute = 2GB\ndisk_free_limit.absolute = 50MB\n";
    if (options.tls != nullptr) {
        out << "listeners.ssl.local = 127.0.0.1:" << tls_port_ << "\nssl_options.cacertfile = " << options.tls->ca()
            << "\nssl_options.certfile = " << options.tls->server()
            << "\nssl_options.keyfile = " << options.tls->server_key() << '\n';
        if (options.client_certificates)
            out << "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n";
    }
    out << options.extra << '\n';
    folder_.write("rabbitmq.conf", out.str());
    folder_.write("enabled_plugins", "[" + options.plugins + "].\n");
    folder_.write("advanced.config", "[" + options.advanced + "].\n");
    folder_.write("env.conf", "");
}

RabbitMq::Environment RabbitMq::environment() const {
    const auto number = [](std::uint16_t n) { return std::to_string(n); };
    return {{"HOME", folder_.path().string()},  // the cookie's
            {"ERL_EPMD_PORT", number(epmd_port_)},
            {"ERL_EPMD_ADDRESS", "127.0.0.1"},
            {"RABBITMQ_NODENAME", "leat-" + number(port_) + "@localhost"},
            {"RABBITMQ_NODE_PORT", number(port_)},
            {"RABBITMQ_DIST_PORT", number(dist_port_)},
            {"RABBITMQ_MNESIA_BASE", folder_ / "data"},
            {"RABBITMQ_LOG_BASE", folder_ / "log"},
            {"RABBITMQ_PID_FILE", folder_ / "pid"},
            {"RABBITMQ_CONF_ENV_FILE", folder_ / "env.conf"},
            {"RABBITMQ_CONFIG_FILE", folder_ / "rabbitmq.conf"},
            {"RABBITMQ_ADVANCED_CONFIG_FILE", folder_ / "advanced.config"},
            {"RABBITMQ_GENERATED_CONFIG_DIR", folder_ / "generated"},
            {"RABBITMQ_ENABLED_PLUGINS_FILE", folder_ / "enabled_plugins"},
            {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1} " + erlang_},
            {"RUNNING_UNDER_SYSTEMD", "true"}};  // so that the script becomes the Erlang machine
}

void RabbitMq::start() {
    process_ = Process({std::string(kScripts) + "rabbitmq-server"},
                       {.output = folder_ / "rabbitmq.out", .environment = environment(), .folder = folder_.path()});
    const bool up = eventually([this] { return !process_.running() || (accepts(port_) && lets_in(port_)); },
                               std::chrono::minutes(2), std::chrono::milliseconds(50));
    if (!up || !process_.running()) throw std::runtime_error("RabbitMQ did not start:\n" + tail(log()));
}

void RabbitMq::stop() { process_.stop(std::chrono::minutes(1)); }

std::string RabbitMq::url() const { return "amqp://127.0.0.1:" + std::to_string(port_); }

std::string RabbitMq::tls_url() const { return "amqps://localhost:" + std::to_string(tls_port_); }

std::string RabbitMq::ctl(const std::vector<std::string>& words) const {
    std::vector<std::string> command{std::string(kScripts) + "rabbitmqctl"};
    command.insert(command.end(), words.begin(), words.end());
    const std::string output = folder_ / "ctl.out";
    std::filesystem::remove(output);
    Process ctl(command, {.output = output, .environment = environment(), .folder = folder_.path()});
    if (ctl.wait(std::chrono::minutes(1)) != 0)
        throw std::runtime_error("rabbitmqctl " + words[0] + " failed:\n" + tail(read_file(output)));
    return read_file(output);
}

std::string RabbitMq::log() const {
    std::string text = read_file(folder_ / "rabbitmq.out");
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "log", none))
        text += read_file(entry.path());
    return text;
}

}  // namespace leat::test
