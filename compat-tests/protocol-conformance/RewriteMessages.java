import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

/** Reads each line "name version hex" with Kafka's class of that name, and says where writing it gives other bytes. */
public class RewriteMessages {
    public static void main(String[] arguments) throws Exception {
        int read = 0;
        int different = 0;
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] parts = line.split(" ", -1);
            read++;
            String problem = rewrite(parts[0], Short.parseShort(parts[1]), HexFormat.of().parseHex(parts[2]));
            if (problem == null) continue;
            different++;
            System.out.println(parts[0] + " " + parts[1] + ": " + problem);
        }
        System.out.println(read + " messages read and written by Kafka, " + different + " differ");
    }

    private static String rewrite(String name, short version, byte[] bytes) {
        try {
            Class<?> type = Class.forName("org.apache.kafka.common.message." + name + "Data");
            Constructor<?> constructor = type.getConstructor(Readable.class, short.class);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            Message message = (Message) constructor.newInstance(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) return buffer.remaining() + " bytes left over";
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer written = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(written), cache, version);
            if (java.util.Arrays.equals(bytes, written.array())) return null;
            return "ours " + HexFormat.of().formatHex(bytes) + " Kafka's " + HexFormat.of().formatHex(written.array());
        } catch (ReflectiveOperationException | RuntimeException | LinkageError error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            return cause.toString();
        }
    }
}
