// What a record that stands for an error means, in words.
//
//     if (const std::string why = fault_of(client, record, where, group); !why.empty()) ...   // nothing behind it
//     may
//                                                                                        // be emitted
// Any thread.
#pragma once
#include <librdkafka/rdkafka.h>

#include <string>

namespace kafka {

/// Why reading this partition must end, and what to do about it: commits would pass over what cannot be read. Empty:
/// it need not.   where: topic and partition
std::string fault_of(rd_kafka_t* client, const rd_kafka_message_t& record, const std::string& where,
                     const std::string& group);

}  // namespace kafka
