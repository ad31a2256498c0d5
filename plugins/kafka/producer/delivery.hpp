// What a delivery report, or a refusal to take a record, means for the message.
//
//     switch (judge(report.err)) { case Verdict::landed: ...
//
// Without state; any thread.
#pragma once
#include <leat/plugin.h>
#include <librdkafka/rdkafka.h>

#include <string>

namespace kafka {

enum class Verdict {
    landed,     ///< all in-sync replicas have it
    retry,      ///< refused now, may succeed later: a topic that is not there yet, a missing right
    reject,     ///< will never be taken as it is
    suspect,    ///< one record of the batch will never be taken; which one shows when each travels alone
    too_large,  ///< the batch that it travelled in was; whether the record itself is shows when it travels alone
};

Verdict judge(rd_kafka_resp_err_t error);

/// The reason for people: what, where, and what to do.
std::string explain(rd_kafka_resp_err_t error, const std::string& topic, const leat_message& message);

}  // namespace kafka
