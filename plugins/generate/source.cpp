#include "source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace leat::generate {
namespace {

constexpr size_t kMostRecorded = 1 << 24;

std::string named(std::string text, uint32_t device) {
    constexpr std::string_view kPlace = "{device}";
    const std::string number = std::to_string(device);
    for (size_t at = 0; (at = text.find(kPlace, at)) != std::string::npos; at += number.size()) {
        text.replace(at, kPlace.size(), number);
    }
    return text;
}

}  // namespace

Source::Source(const SourceOptions& options) : options_(options), numbers_(options.size.bytes) {
    if (options.kind == Kind::stamped) stamps_.emplace(options.size.bytes);
    if (!options.record.empty() && !is_open_loop()) {
        throw std::invalid_argument("record: wants \"kind\": \"stamped\" and a rate");
    }
}

Source::~Source() { leat_buffer_release(names_, names_ ? 1 : 0); }

void Source::open() {
    if (options_.kind == Kind::sensors) sensors_.emplace(options_.size.bytes, options_.devices, options_.seed);
    if (!options_.record.empty()) delays_.reserve(options_.count ? std::min(options_.count, kMostRecorded) : 65536);
    window_ = &open_window();
    lay_out_names();
    open_figures();
    numbers_.seek(options_.first);
}

void Source::open_figures() {
    const auto figure = [this](uint32_t kind, const char* name, const char* description) {
        return services().host->counter(services().me, kind, name, description);
    };
    acknowledged_count_ = figure(LEAT_COUNTER, "acknowledged", "Messages finished, with all before them.");
    begin_ = figure(LEAT_GAUGE, "begin_ns", "When the first message was made, ns of the steady clock.");
    end_ = figure(LEAT_GAUGE, "end_ns", "When all of count were finished, ns of the steady clock; 0: not yet.");
}

// Topics, keys and headers never change, so they are laid out once.
void Source::lay_out_names() {
    std::vector<std::string> topics, keys;
    size_t size = options_.headers.size() * sizeof(leat_header);
    for (uint32_t d = 0; d < options_.devices; ++d) {
        topics.push_back(named(options_.topic, d));
        keys.push_back(named(options_.key, d));
        size += topics.back().size() + keys.back().size();
    }
    for (const auto& [name, value] : options_.headers) size += name.size() + value.size();
    void* memory = nullptr;
    names_ = services().host->buffer_new(services().me, size + 1, &memory);
    Packer packer(static_cast<char*>(memory));
    for (uint32_t d = 0; d < options_.devices; ++d) {
        const leat_bytes topic = packer.put(bytes(topics[d]));
        devices_.push_back({topic, options_.key.empty() ? kAbsent : packer.put(bytes(keys[d]))});
    }
    for (const auto& [name, value] : options_.headers) {
        const leat_bytes placed = packer.put(bytes(name));
        headers_.push_back({placed, packer.put(bytes(value))});
    }
}

void Source::start() {
    if (window_->has_abandoned()) {
        skipped_ += window_->next() - window_->watermark();
        forget(*window_);
        numbers_.seek(options_.first + made());
        device_ = static_cast<uint32_t>(made() % options_.devices);
        is_done_ = false;
    }
    budgeted_ns_ = services().host->now_ns();
    if (is_open_loop()) origin_ns_ = budgeted_ns_ - due_ns(made()) + origin_ns_;
    services().up();
    wake();
}

void Source::stop() {
    services().cancel(timer_);
    if (!options_.record.empty()) write_record();
    stopped_when_idle();
}

// When the message of this index was due: made 0 first.
int64_t Source::due_ns(uint64_t index) const {
    return origin_ns_ + static_cast<int64_t>(static_cast<double>(index) * 1e9 / options_.rate.per_second);
}

void Source::advanced(InFlight& window) {
    const uint64_t now_acknowledged = window.watermark() - std::min(window.watermark(), skipped_);
    if (now_acknowledged <= acknowledged_) return;
    const bool is_end = options_.count && now_acknowledged >= options_.count;
    if (is_end || !options_.record.empty()) {
        const int64_t now = services().host->now_ns();
        if (is_end) services().host->counter_set(end_, static_cast<uint64_t>(now));
        for (uint64_t i = acknowledged_; i < now_acknowledged && !options_.record.empty(); ++i) {
            if (delays_.size() < kMostRecorded) delays_.push_back(now - due_ns(i));
        }
    }
    services().host->counter_add(acknowledged_count_, now_acknowledged - acknowledged_);
    acknowledged_ = now_acknowledged;
}

void Source::write_record() const {
    std::FILE* file = std::fopen(options_.record.c_str(), "wb");
    const size_t written = file ? std::fwrite(delays_.data(), sizeof(int64_t), delays_.size(), file) : 0;
    if (!file || (std::fclose(file) != 0) | (written != delays_.size())) {
        services().log_error("record: cannot write " + options_.record);
    }
}

// How many messages are due now.
uint64_t Source::allowed() {
    const uint64_t left = options_.count ? options_.count - made() : std::numeric_limits<uint64_t>::max();
    if (options_.rate.per_second <= 0) return left;
    const int64_t now = services().host->now_ns();
    const double rate = options_.rate.per_second;
    if (is_open_loop()) {
        const auto due = 1 + static_cast<uint64_t>(static_cast<double>(now - origin_ns_) * 1e-9 * rate);
        return std::min(left, due - std::min(due, made()));
    }
    budget_ = std::min(budget_ + static_cast<double>(now - budgeted_ns_) * 1e-9 * rate, std::max(1.0, rate / 10));
    budgeted_ns_ = now;
    return std::min(left, static_cast<uint64_t>(budget_));
}

void Source::resume() {
    if (!emitting() || is_done_) return;
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const uint64_t n = std::min({allowed(), window_->credit(), uint64_t{options_.batch}});
        if (n == 0) break;
        emit_batch(n);
    }
    if (options_.count && made() >= options_.count) {
        is_done_ = true;
        services().log_info("made all " + std::to_string(options_.count) + " messages");
        next().signal(&next(), LEAT_SIGNAL_FLUSH, 0);
        return;
    }
    if (window_->credit() == 0) return;  // settlements wake it
    if (allowed() > 0 || (options_.spin && options_.rate.per_second > 0)) return wake();
    sleep_until_next();
}

void Source::sleep_until_next() {
    if (timer_) return;
    const double missing = std::max(0.0, 1.0 - budget_);
    int64_t wait = std::max<int64_t>(static_cast<int64_t>(missing * 1e9 / options_.rate.per_second), 1'000'000);
    if (is_open_loop()) wait = std::max<int64_t>(due_ns(made()) - services().host->now_ns(), 0);
    timer_ = services().after(
        Nanoseconds(wait),
        [](void* self) {
            auto* source = static_cast<Source*>(self);
            source->timer_ = 0;
            source->wake();
        },
        this);
}

// The messages of a batch; write(at, turn) writes the payload of the message whose turn it is and returns its size.
template <class Write>
void Source::fill(char* at, size_t n, leat_buffer* buffer, Write&& write) {
    struct Alike {  // of leat_message: headers up to buffer; copied in two pieces
        const leat_header* headers;
        uint32_t header_count;
        uint32_t flags;
        int64_t timestamp_ns;
        leat_buffer* buffer;
    };
    static_assert(offsetof(leat_message, headers) + sizeof(Alike) == offsetof(leat_message, receipt));
    const Alike alike{headers_.data(), static_cast<uint32_t>(headers_.size()), 0, services().host->wall_ns(), buffer};
    const Device* const devices = devices_.data();
    const uint32_t device_count = options_.devices;
    Turn turn{made(), made() / device_count, device_};
    for (leat_message* m = batch_; m != batch_ + n; ++m) {  // hot: per message
        const size_t size = write(at, turn);
        m->topic = devices[turn.device].topic;
        m->key = devices[turn.device].key;
        m->payload.data = at;
        m->payload.size = size;
        std::memcpy(&m->headers, &alike, sizeof alike);
        m->lane = turn.device;
        m->attempt = 0;
        m->ext = nullptr;
        at += size;
        ++turn.index;
        if (++turn.device < device_count) continue;
        turn.device = 0;
        ++turn.round;
    }
    device_ = turn.device;
}

void Source::emit_batch(size_t n) {
    const size_t room = stamps_ ? stamps_->largest() : sensors_ ? sensors_->largest() : numbers_.largest();
    void* memory = nullptr;
    leat_buffer* buffer = services().host->buffer_new(services().me, n * room, &memory);
    auto* at = static_cast<char*>(memory);
    leat_buffer_retain(names_, 1);
    services().host->buffer_adopt(buffer, names_, 1);
    leat_buffer_retain(buffer, static_cast<uint32_t>(n - 1));
    const bool is_first = made() == 0;
    const int64_t now = stamps_ || is_first ? services().host->now_ns() : 0;
    if (is_first) services().host->counter_set(begin_, static_cast<uint64_t>(now));
    if (stamps_) {
        const Stamps stamps = *stamps_;
        const bool is_scheduled = is_open_loop();
        const uint64_t first = options_.first;
        const uint32_t stream = options_.stream;
        stamps.lay_dots(at, n);
        fill(at, n, buffer, [=, this](char* to, const Turn& turn) {
            const int64_t due = is_scheduled ? due_ns(turn.index) : now;
            return stamps.write(to, stream + turn.device, first + turn.round, due);
        });
    } else if (sensors_) {
        fill(at, n, buffer, [this](char* to, const Turn& turn) {
            return sensors_->write(to, turn.device, options_.first + turn.index);
        });
    } else {
        numbers_.lay_zeros(at, n);
        fill(at, n, buffer, [this](char* to, const Turn&) { return numbers_.write(to); });
    }
    if (options_.rate.per_second > 0) budget_ -= static_cast<double>(n);
    emit(*window_, batch_, n);
}

}  // namespace leat::generate
