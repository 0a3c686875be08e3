import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Calls the main methods of Kafka's tools, one after another, in one JVM: a start costs a second, a call much less.
 *
 * A line of its input is one call: the main class, what the tool finds on its standard input, then its arguments, all
 * but the class in Base64, with a space between. A line of its output is the answer: the exit status, standard output
 * and standard error, the latter two in Base64. It ends with its input.
 */
public final class CallTools {
  /** How a tool that exits comes back; no Exception, since tools catch those. */
  private static final class ToolExit extends Error {
    private static final long serialVersionUID = 1L;

    final int status;

    ToolExit(int status) {
      super("exit " + status, null, false, false);
      this.status = status;
    }
  }

  /** A stream to the caller of the tool that runs. It stays the same: Scala and log4j keep the first that they see. */
  private static final class Collected extends OutputStream {
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int octet) {
      bytes.write(octet);
    }

    @Override
    public synchronized void write(byte[] source, int offset, int count) {
      bytes.write(source, offset, count);
    }

    /** All since the last call, in Base64. */
    synchronized String take() {
      String text = bytes.size() == 0 ? NOTHING : Base64.getEncoder().encodeToString(bytes.toByteArray());
      bytes = new ByteArrayOutputStream();
      return text;
    }
  }

  private static final String NOTHING = "-";

  /** The first status that a tool exits with counts: some catch every Throwable, this one too, and exit again. */
  private static Integer exitStatus;

  /** What the tool wants to be done when its process ends; some flush only there. */
  private static final List<Thread> hooks = new ArrayList<>();

  private static final long HOOK_MAX_MS = 20_000;

  private CallTools() {}

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    Exit.Procedure leave = (status, message) -> {
      if (message != null) System.err.println(message);
      if (exitStatus == null) exitStatus = status;
      throw new ToolExit(exitStatus);
    };
    Exit.setExitProcedure(leave);
    Exit.setHaltProcedure(leave);
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(new Thread(hook, String.valueOf(name))));
    Collected output = new Collected();
    Collected errors = new Collected();
    System.setOut(new PrintStream(output, true, "UTF-8"));
    System.setErr(new PrintStream(errors, true, "UTF-8"));
    BufferedReader calls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = calls.readLine(); line != null; line = calls.readLine()) {
      int status = call(line.split(" "));
      System.out.flush();
      System.err.flush();
      answers.println(status + " " + output.take() + " " + errors.take());
      answers.flush();
    }
    // Threads that a failed tool has left behind do not keep the process.
    Runtime.getRuntime().halt(0);
  }

  private static int call(String[] words) throws Exception {
    String[] arguments = new String[words.length - 2];
    for (int index = 0; index < arguments.length; index++) {
      arguments[index] = new String(decode(words[index + 2]), StandardCharsets.UTF_8);
    }
    System.setIn(new ByteArrayInputStream(decode(words[1])));
    int status = statusOf(words[0], arguments);
    for (Thread hook : hooks) hook.start();
    for (Thread hook : hooks) hook.join(HOOK_MAX_MS);
    hooks.clear();
    return status;
  }

  private static int statusOf(String mainClass, String[] arguments) {
    exitStatus = null;
    try {
      Class.forName(mainClass).getMethod("main", String[].class).invoke(null, (Object) arguments);
      return exitStatus == null ? 0 : exitStatus;
    } catch (InvocationTargetException failure) {
      if (failure.getCause() instanceof ToolExit) return ((ToolExit) failure.getCause()).status;
      if (exitStatus != null) return exitStatus;
      failure.getCause().printStackTrace();
      return 1;
    } catch (ReflectiveOperationException missing) {
      missing.printStackTrace();
      return 1;
    }
  }

  private static byte[] decode(String word) {
    return word.equals(NOTHING) ? new byte[0] : Base64.getDecoder().decode(word);
  }
}
