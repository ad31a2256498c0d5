#include "conformance/rig.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/paths.hpp"

namespace leat::test {
namespace {

/** A word that no other rig of this or another run has: sessions, groups and topics outlive a case. */
std::string fresh_id() {
    static int count = 0;
    static const auto start = std::chrono::system_clock::now().time_since_epoch().count() / 1'000'000;
    return "c" + std::to_string(start % 1'000'000'000) + "-" + std::to_string(++count);
}

std::vector<Reader> readers_of(const std::vector<std::string>& groups) {
    std::vector<Reader> readers;
    std::map<std::string, int> seen;
    for (const auto& group : groups) {
        const auto members = std::count(groups.begin(), groups.end(), group);
        readers.push_back({group, seen[group]++, static_cast<int>(members)});
    }
    return readers;
}

}  // namespace

Door& open_door() {
    const std::string path = plugin_folder() + "/leat_probe.so";
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    const auto door = reinterpret_cast<void* (*)()>(::dlsym(library, "leat_probe_door"));
    if (door == nullptr) throw std::runtime_error(path + " has no door");
    return *static_cast<Door*>(door());
}

Seen::Seen(const std::vector<Arrival>& arrivals) {
    std::map<std::string, std::uint64_t> last;
    for (const Arrival& a : arrivals) {
        const std::uint64_t number = number_of(a);
        numbers_.push_back(number);
        if (++times_[number] > 1) {
            if (a.is_redelivered) redelivered_.insert(number);
            continue;
        }
        disordered_ += number < last[a.topic];
        last[a.topic] = std::max(last[a.topic], number);
    }
}

int Seen::times(std::uint64_t number) const {
    const auto it = times_.find(number);
    return it != times_.end() ? it->second : 0;
}

std::vector<std::uint64_t> Seen::missing(std::uint64_t first, std::uint64_t last) const {
    std::vector<std::uint64_t> absent;
    for (std::uint64_t n = first; n <= last; ++n) {
        if (times(n) == 0) absent.push_back(n);
    }
    return absent;
}

bool Seen::each_once() const {
    return std::all_of(times_.begin(), times_.end(), [](const auto& entry) { return entry.second == 1; });
}

Rig::Rig(TestedBackend& backend, const RigShape& shape)
    : backend_(backend), shape_(shape), id_(fresh_id()), readers_(readers_of(shape.readers)) {
    for (int i = 0; i < shape_.topics; ++i) topics_.push_back(id_ + "." + std::to_string(i));
    for (Reader& reader : readers_) {
        reader.group = id_ + "-" + reader.group;
        taps_.push_back(std::make_unique<Tap>());
    }
    for (std::size_t i = 0; i < taps_.size(); ++i) open_door().set(id_ + "." + reader_route(i), taps_[i].get());
    open_door().set(id_ + ".feed", &feed_);
    backend_.create(topics_, readers_, shape_.partitions);
    config_ = folder_.write("rig.json", configuration(""));
    if (shape_.starts) {
        start();
        if (!wait_until_up()) throw std::runtime_error("the routes do not come up:\n" + log());
    }
}

Rig::~Rig() {
    stop();
    for (std::size_t i = 0; i < taps_.size(); ++i) open_door().forget(id_ + "." + reader_route(i));
    open_door().forget(id_ + ".feed");
}

std::string Rig::name_of_backend(bool is_tested) const {
    const bool all = shape_.all_tested || backend_.bounds().together == Together::all;
    return all || is_tested ? "\"tested\"" : "\"beside\"";
}

std::string Rig::reader_text(std::size_t i, const std::string& record) const {
    std::string limits = ", \"max_in_flight\": " + std::to_string(shape_.max_in_flight);
    if (!shape_.max_in_flight_bytes.empty()) {
        limits += ", \"max_in_flight_bytes\": \"" + shape_.max_in_flight_bytes + '"';
    }
    return '"' + reader_route(i) + "\": { \"from\": { \"backend\": " +
           name_of_backend(i == 0 && backend_.bounds().together != Together::sinks) + ", " +
           backend_.from(topics_, readers_[i]) + limits + " },\n  \"through\": [{ \"plugin\": \"tap\", \"id\": \"" +
           id_ + '.' + reader_route(i) + '"' + (record.empty() ? "" : ", \"record\": \"" + record + '"') +
           " }],\n  \"to\": { \"backend\": \"bench\" }, \"drain_timeout\": \"" + shape_.drain_timeout + "\" }";
}

std::string Rig::configuration(const std::string& record) const {
    std::string routes;
    for (std::size_t i = 0; i < readers_.size(); ++i) routes += (i == 0 ? "" : ",\n") + reader_text(i, record);
    if (shape_.writer || !backend_.has_broker()) {
        routes += std::string(routes.empty() ? "" : ",\n") + R"("writer": { "from": { "backend": "bench", "id": ")" +
                  id_ + R"(.feed" }, "to": { "backend": )" +
                  name_of_backend(readers_.empty() || backend_.bounds().together == Together::sinks) + ", " +
                  backend_.to() + R"( }, "on_failure": { "attempts": 1, "then": "source" }, "drain_timeout": ")" +
                  shape_.drain_timeout + "\" }";
    }
    const bool has_beside = routes.find("\"backend\": \"beside\"") != std::string::npos;
    return "{ \"backends\": { \"bench\": { \"plugin\": \"feed\" },\n  \"tested\": { " +
           backend_.options(shape_.access) + " }" +
           (has_beside ? ",\n  \"beside\": { " + backend_.options_beside(shape_.access) + " }" : "") +
           " },\n\"routes\": { " + routes + " } }\n";
}

std::string Rig::config_that_holds(const std::string& record) const {
    return folder_.write("holds.json", configuration(record));
}

void Rig::start(const std::vector<std::string>& only) {
    host_ = std::make_unique<Host>(HostSettings{
        .plugin_dirs = {plugin_folder()}, .log = [this](Level, const std::string& component, std::string_view text) {
            const std::lock_guard lock(log_mutex_);
            log_ += component + ": " + std::string(text) + "\n";
        }});
    const Findings findings = host_->load(config_);
    if (findings.has_errors() || !host_->run(only)) {
        std::string all;
        for (const Finding& finding : findings.all) all += finding.text + "\n";
        host_.reset();
        throw std::runtime_error("the configuration is refused:\n" + all + log());
    }
}

void Rig::stop() {
    if (!host_) return;
    host_->drain();
}

bool Rig::wait_until_up() {
    return wait([this] {
        const auto routes = host_->snapshot().routes;
        return std::all_of(routes.begin(), routes.end(), [](const auto& r) { return r.state == "running"; });
    });
}

std::vector<Sample> Rig::numbered(std::uint64_t first, std::uint64_t last) const {
    std::vector<Sample> samples;
    for (std::uint64_t n = first; n <= last; ++n) {
        samples.push_back({.topic = topics_[n % topics_.size()], .payload = "n" + std::to_string(n)});
    }
    return samples;
}

void Rig::publish(std::uint64_t first, std::uint64_t last) { publish(numbered(first, last)); }

void Rig::publish(const std::vector<Sample>& samples) {
    if (backend_.has_broker()) return backend_.publish(samples);
    feed_.send(samples);
}

std::vector<Sample> Rig::collect(std::size_t count) {
    if (backend_.has_broker()) return backend_.collect(count);
    wait([&] { return tap().count() >= count; });
    const auto arrivals = tap().arrivals();
    return {arrivals.begin(), arrivals.end()};
}

RouteView Rig::view(const std::string& route) const {
    for (const RouteView& r : host_->snapshot().routes) {
        if (r.name == route) return r;
    }
    throw std::runtime_error("there is no route " + route);
}

bool Rig::wait(const std::function<bool()>& condition) {
    static const std::chrono::milliseconds limit(setting("LEAT_CONFORMANCE_PATIENCE_MS", 900'000));
    if (eventually(condition, limit, std::chrono::milliseconds(2))) return true;
    std::cout << "waited in vain; the host says:\n" << log() << std::flush;
    for (const RouteView& r : host_->snapshot().routes) {
        std::cout << r.name << ": " << r.state << ' ' << r.why << ", received " << r.ledger.received << ", landed "
                  << r.ledger.landed << ", in flight " << r.ledger.in_flight << std::endl;
    }
    return false;
}

std::string Rig::log() const {
    const std::lock_guard lock(log_mutex_);
    return log_;
}

std::function<Answer(const Arrival&)> once(std::uint64_t number, Answer answer) {
    return [number, answer, done = std::make_shared<bool>(false)](const Arrival& a) {
        if (number_of(a) != number || *done) return Answer::ack;
        *done = true;
        return answer;
    };
}

std::function<Answer(const Arrival&)> hold(std::uint64_t first, std::uint64_t last) {
    return [first, last](const Arrival& a) {
        const std::uint64_t number = number_of(a);
        return number >= first && number <= last ? Answer::hold : Answer::ack;
    };
}

}  // namespace leat::test
