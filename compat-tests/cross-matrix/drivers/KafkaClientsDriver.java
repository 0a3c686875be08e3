import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The driver of Kafka's own client. Its arguments and its report are those of driver.py. */
public class KafkaClientsDriver {
    private static final long READ_MAX_SECONDS = 15;
    private static final ObjectMapper JSON = new ObjectMapper();

    private interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[1];
        Path place = Path.of(arguments[2]);
        for (String argument : List.of(arguments).subList(3, arguments.length)) {
            if (arguments[0].equals("write")) {
                String[] codecAndTopic = argument.split("=");
                report(codecAndTopic[1], () -> write(bootstrap, codecAndTopic[1], codecAndTopic[0], place));
            } else {
                report(argument, () -> read(bootstrap, argument, place.resolve(argument)));
            }
        }
    }

    private static void report(String topic, Work work) {
        String error = null;
        try {
            work.run();
        } catch (Exception failure) {
            error = failure.toString();
        }
        System.out.println(JSON.createObjectNode().put("topic", topic).put("error", error));
    }

    private static void write(String bootstrap, String topic, String codec, Path file) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "compression.type", codec, "linger.ms", 50);
        ByteArraySerializer serializer = new ByteArraySerializer();
        List<Future<?>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, serializer, serializer)) {
            for (String line : Files.readAllLines(file)) {
                JsonNode record = JSON.readTree(line);
                RecordHeaders headers = new RecordHeaders();
                for (JsonNode header : record.get("headers")) headers.add(header.get(0).asText(), bytesOf(header.get(1)));
                byte[] key = bytesOf(record.get("key"));
                sent.add(producer.send(new ProducerRecord<>(topic, 0, key, bytesOf(record.get("value")), headers)));
            }
            for (Future<?> future : sent) future.get(READ_MAX_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static void read(String bootstrap, String topic, Path file) throws Exception {
        Map<String, Object> config =
                Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", "false", "fetch.max.wait.ms", "50");
        ByteArrayDeserializer deserializer = new ByteArrayDeserializer();
        TopicPartition partition = new TopicPartition(topic, 0);
        List<TopicPartition> partitions = List.of(partition);
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(READ_MAX_SECONDS);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, deserializer, deserializer);
                PrintWriter lines = new PrintWriter(Files.newBufferedWriter(file))) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).get(partition);
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadlineNanos) {
                    throw new IllegalStateException("read up to " + consumer.position(partition) + " of " + end);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    lines.println(lineOf(record));
                }
            }
        }
    }

    private static ObjectNode lineOf(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode line = JSON.createObjectNode();
        line.put("key", textOf(record.key())).put("value", textOf(record.value()));
        ArrayNode headers = line.putArray("headers");
        for (Header header : record.headers()) headers.addArray().add(header.key()).add(textOf(header.value()));
        return line;
    }

    private static byte[] bytesOf(JsonNode text) {
        return text.isNull() ? null : Base64.getDecoder().decode(text.asText());
    }

    private static String textOf(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
