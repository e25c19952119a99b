import java.io.File;
import java.io.FileInputStream;
import java.util.Arrays;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Has veraPDF judge files by one standard: `Judge ua1 FILE…` says of each whether it conforms, and which rules it broke. */
public class Judge {
  public static void main(String[] words) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    PDFAFlavour standard = PDFAFlavour.fromString(words[0]);
    for (String path : Arrays.copyOfRange(words, 1, words.length)) {
      try (FileInputStream file = new FileInputStream(path);
          PDFAParser parser = Foundries.defaultInstance().createParser(file, standard)) {
        PDFAValidator validator = Foundries.defaultInstance().createValidator(standard, false);
        ValidationResult result = validator.validate(parser);
        System.out.println((result.isCompliant() ? "yes " : "NO  ") + words[0] + " " + new File(path).getName());
        for (TestAssertion each : result.getTestAssertions()) {
          if (each.getStatus() == TestAssertion.Status.FAILED) {
            System.out.println("    " + each.getRuleId().getClause() + " " + each.getMessage());
          }
        }
      }
    }
  }
}
