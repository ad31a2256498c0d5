// libFuzzer target: any bytes, in any split, must give packets or a Fault - never a crash or a read outside of the
// bytes. The first byte chooses the version. Seeds: run with -dict=fuzz_decode.dict; scripts/fuzz.sh does.
#include <cstdlib>
#include <vector>

#include "native/codec/decode.hpp"
#include "native/codec/encode.hpp"
#include "native/codec/properties.hpp"

namespace {

using namespace leat::mqtt;

// A PUBLISH that was accepted must survive being written and read again.
void check_round_trip(const Publish& p, Version version) {
    std::vector<std::uint8_t> again(publish_size(p, version));
    if (write_publish(again.data(), p, version) != again.data() + again.size()) std::abort();
    Frame frame;
    Publish q;
    if (next_frame(again, kMaxPacket, frame) != Framing::whole) std::abort();
    if (decode_publish(frame.first, frame.body, version, q) != nullptr) std::abort();
    if (q.topic != p.topic || as_text(q.payload) != as_text(p.payload) || q.packet_id != p.packet_id) std::abort();
    if (as_text(q.properties) != as_text(p.properties) || q.qos != p.qos || q.retain != p.retain) std::abort();
}

void decode_one(const Frame& frame, Version version) {
    Publish publish;
    Connack connack;
    Ack ack;
    Granted granted;
    Goodbye goodbye;
    switch (frame.type()) {
        case Packet::publish:
            if (decode_publish(frame.first, frame.body, version, publish) == nullptr)
                check_round_trip(publish, version);
            break;
        case Packet::connack:
            (void)decode_connack(frame.body, version, connack);
            break;
        case Packet::puback:
        case Packet::pubrec:
        case Packet::pubrel:
        case Packet::pubcomp:
            (void)decode_ack(frame.first, frame.body, version, ack);
            break;
        case Packet::suback:
        case Packet::unsuback:
            (void)decode_granted(frame.first, frame.body, version, granted);
            break;
        case Packet::disconnect:
            (void)decode_disconnect(frame.first, frame.body, version, goodbye);
            break;
        default:
            break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Version version = (data[0] & 1U) != 0 ? Version::v5 : Version::v3_1_1;
    // An own allocation of the exact size, so that the sanitizer sees a read one byte too far.
    const std::vector<std::uint8_t> copy(data + 1, data + size);
    Bytes rest(copy);
    Frame frame;
    while (next_frame(rest, 1U << 20U, frame) == Framing::whole) {
        decode_one(frame, version);
        rest = rest.subspan(frame.size);
    }
    return 0;
}
