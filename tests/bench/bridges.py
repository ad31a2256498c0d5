#!/usr/bin/env python3
"""Measures the router's paths between brokers against bare bridges on the same private brokers.

    tests/bench/bridges.py [--build build] [--rounds 5] [--only mqtt_kafka,...] [--json FILE] [--subjects bare,leat]

Router and bare bridge alternate. Each timed run starts its process anew on a backlog of 100-byte messages; the rate is
that of landing, from the first that is seen landed to the last; CPU time and peak memory are those of the whole
process, from its start. Every run is audited: a rate with a message missing or out of order is no rate.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import rounds  # noqa: E402
from suite.ends.kafka import KafkaSink, KafkaSource  # noqa: E402
from suite.ends.loops import CountedRabbitSink, LoneRabbitSource, MadeSource, RabbitDrain  # noqa: E402
from suite.ends.mqtt import MqttSink, MqttSource, UnheardMqttSink  # noqa: E402
from suite.ends.qos0 import HeardInMemory, MadeInMemory, Qos0Sink, Qos0Source  # noqa: E402
from suite.ends.rabbitmq import RabbitSink, RabbitSource  # noqa: E402
from suite.path import Path  # noqa: E402
from suite.stage import Failure  # noqa: E402

PATHS = [
    Path("mqtt_kafka", "MQTT QoS 1 backlog -> Kafka", MqttSource(), KafkaSink(key="${topic[1]}"), 500_000,
         {"ratio": 0.95, "cpu_us": 1.4}),
    Path("kafka_mqtt", "Kafka -> MQTT QoS 1, one subscriber", KafkaSource(), MqttSink(), 200_000,
         {"ratio": 0.95, "cpu_us": 1.8}),
    Path("kafka_mqtt_unheard", "Kafka -> MQTT QoS 1, no subscriber", KafkaSource(), UnheardMqttSink(), 400_000,
         {"ratio": 0.95, "cpu_us": 1.8}, bare="kafka_mqtt"),
    # A kill repeats no more than it does with the router: 4,096 messages of each of 4 partitions.
    Path("kafka_kafka", "Kafka -> Kafka", KafkaSource(), KafkaSink(), 1_000_000, {"ratio": 0.95, "cpu_us": 1.4},
         words=("--window", "16384")),
    Path("kafka_kafka_unbounded", "Kafka -> Kafka, beside a bridge that may repeat 150,000", KafkaSource(), KafkaSink(),
         1_000_000, {}, bare="kafka_kafka", words=("--set", "linger.ms=5")),
    Path("mqtt0_memory", "MQTT QoS 0 -> memory", Qos0Source(), HeardInMemory(), 500_000, {"ratio": 0.9},
         bare="mqtt_receive"),
    Path("memory_mqtt0", "memory -> MQTT QoS 0, one subscriber", MadeInMemory(), Qos0Sink(), 500_000, {"ratio": 0.9},
         bare="mqtt_publish"),
    Path("rabbitmq_kafka", "RabbitMQ -> Kafka", RabbitSource(), KafkaSink(), 200_000, {"ratio": 0.95}),
    Path("kafka_rabbitmq", "Kafka -> RabbitMQ", KafkaSource(), RabbitSink(), 60_000, {"ratio": 0.95}),
    Path("mqtt_rabbitmq", "MQTT QoS 1 backlog -> RabbitMQ", MqttSource(), RabbitSink(keys=False), 60_000,
         {"ratio": 0.95}),
    Path("rabbitmq_mqtt", "RabbitMQ -> MQTT QoS 1, one subscriber", RabbitSource(), MqttSink(), 80_000,
         {"ratio": 0.95}),
    Path("mqtt_mqtt", "MQTT QoS 1 backlog -> MQTT QoS 1, one subscriber", MqttSource(),
         MqttSink(key="${topic[1]}", suffix="-out"), 150_000, {"ratio": 0.95}),
    Path("rabbitmq_rabbitmq", "RabbitMQ -> RabbitMQ", RabbitSource(), RabbitSink(suffix="-out"), 50_000,
         {"ratio": 0.95}),
    Path("rabbitmq_publish", "publish to RabbitMQ, persistent, confirms", MadeSource(), CountedRabbitSink(), 60_000,
         {"ratio": 0.9}, category="publish"),
    Path("rabbitmq_consume", "consume from RabbitMQ", LoneRabbitSource(), RabbitDrain(), 150_000, {"ratio": 0.9},
         category="consume"),
]

if __name__ == "__main__":
    try:
        sys.exit(rounds.main(__doc__, PATHS))
    except Failure as failure:
        sys.exit(f"bridges.py: {failure}")
