#!/usr/bin/env bash
# Fetches Apache Kafka, for tests, from Maven Central (46 MB, once) and prints the folder with its jars.
#
#   scripts/fetch_kafka.sh [FOLDER]     default: $LEAT_KAFKA_LIB or ~/.cache/leat/kafka-3.9.1
set -euo pipefail

version=3.9.1
folder=${1:-${LEAT_KAFKA_LIB:-${XDG_CACHE_HOME:-$HOME/.cache}/leat/kafka-$version}}
if [[ -e "$folder/.complete" ]]; then
  echo "$folder"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>leat</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
echo "Fetching Kafka $version into $folder" >&2
if ! mvn -q -B -Dstyle.color=never -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$work/lib" >"$work/log" 2>&1; then
  tail -5 "$work/log" >&2
  echo "fetch_kafka.sh: Kafka cannot be fetched from Maven Central: is there a network? (A mirror or a proxy belongs" >&2
  echo "  into ~/.m2/settings.xml.) Without it the unit tests run: scripts/test.sh -L unit" >&2
  exit 1
fi
ls "$work/lib/kafka_2.13-$version.jar" >/dev/null
mkdir -p "$folder"
cp "$work"/lib/*.jar "$folder/"
touch "$folder/.complete"
echo "$folder"
