// The Paho engine's connection for sinks: a bounded window of messages is with Paho, delivery tokens settle them, and
// after a lost connection everything unconfirmed is published again, in order, as new. Thread: shard.
#pragma once

#include <memory>
#include <vector>

#include "native/ring.hpp"
#include "paho/link.hpp"
#include "sink_connection.hpp"

namespace leat::mqtt {

class PahoSinks final : public SinkConnection, private PahoLink::Owner {
  public:
    explicit PahoSinks(PahoSettings settings);

    void open() override;
    void start() override;
    void stop() override;

    void add(const Outbound::Item& item) override { items_.push_back(item); }
    void send_soon() override;
    [[nodiscard]] Version version() const override { return version_; }

  private:
    void joined() override;
    void give_up(std::uint32_t sink) override;

    void told(std::vector<PahoEvent>& events) override;
    void arrived(paho::const_message_ptr) override {}  // nothing is subscribed

    void begin(const PahoEvent& event);
    void lost();
    void send();
    bool hand_over(std::uint64_t position);
    void delivered(const PahoEvent& event, Settlements& done, BufferRun& buffers);
    bool require_granted();
    Outbound::Item end(std::uint64_t position);
    void pop_ended();

    PahoSettings settings_;
    std::unique_ptr<PahoLink> link_;
    Ring<Outbound::Item> items_;
    std::uint64_t next_ = 0;     // the first that Paho was not given on this connection
    std::size_t with_paho_ = 0;  // given and not told of
    std::size_t window_ = 0;
    std::uint64_t connection_ = 0;  // the present one's number
    Connack granted_;
    Version version_ = Version::v5;  // of the last connection, or of the first attempt
    bool is_up_ = false;
    bool is_sending_soon_ = false;
};

}  // namespace leat::mqtt
