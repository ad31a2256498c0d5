"""What the benchmarks with brokers are made of.

stage      brokers, programs and files of one run of the suite
ends       what a path begins and ends with: kafka, mqtt, rabbitmq, memory
children   processes that end with what started them
path       a source end and a sink end, the router or the bare bridge between them
rounds     paths measured by turns, medians, the table
results    the format that `leat bench --with FILE` reads
"""
