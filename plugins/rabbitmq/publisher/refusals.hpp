// Where publishing has just failed, so that it is not tried again at once: each failure costs the whole channel.
//
//   refusals.remember("plant", {}, "no exchange 'plant'", now);       // for everything that goes there
//   refusals.remember("plant", "no.1", "access refused", now);        // for one routing key
//   if (const std::string* why = refusals.find("plant", "no.1", now)) ...
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace leat::rabbitmq {

/// Exchanges, and routing keys of an exchange, each for kFor. What is over is dropped with the next failure, so that
/// it holds what failed within that time alone, however many names there are. [one thread]
class Refusals {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kFor{1000};

    void remember(std::string_view exchange, std::optional<std::string_view> key, std::string why,
                  Clock::time_point now) {
        std::erase_if(places_, [now](const auto& place) { return place.second.until <= now; });
        places_[key ? place(exchange, *key) : std::string(exchange)] = {now + kFor, std::move(why)};
    }
    bool empty() const { return places_.empty(); }
    std::size_t size() const { return places_.size(); }
    /// Why it is not worth a try; null when it is.
    const std::string* find(std::string_view exchange, std::string_view key, Clock::time_point now) {
        const std::string* why = look(exchange, now);
        return why != nullptr ? why : look(place(exchange, key), now);
    }

  private:
    struct Refusal {
        Clock::time_point until;
        std::string why;
    };

    // No name of an exchange has a zero byte: RabbitMQ refuses it.
    const std::string& place(std::string_view exchange, std::string_view key) {
        place_.assign(exchange).push_back('\0');
        return place_.append(key);
    }
    const std::string* look(std::string_view name, Clock::time_point now) const {
        const auto at = places_.find(name);
        return at != places_.end() && now < at->second.until ? &at->second.why : nullptr;
    }

    std::map<std::string, Refusal, std::less<>> places_;
    std::string place_;
};

}  // namespace leat::rabbitmq
