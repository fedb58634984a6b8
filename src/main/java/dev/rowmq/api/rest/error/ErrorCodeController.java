package dev.rowmq.api.rest.error;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.util.Arrays;
import java.util.List;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code /errors}: what the {@code type} of a problem leads to (RFC 9457, section 3.1.1). Needs no key. */
@RestController
@RequestMapping(ErrorCodeController.PATH)
class ErrorCodeController {

    static final String PATH = "/errors";

    /** An error code. */
    record ErrorDescription(ErrorCode code, int status, String title, String meaning) {

        static ErrorDescription of(ErrorCode code) {
            return new ErrorDescription(
                    code,
                    ProblemResponse.status(code).value(),
                    ProblemResponse.status(code).getReasonPhrase(),
                    ErrorMeaning.of(code));
        }
    }

    /** All error codes. */
    record ErrorDescriptions(List<ErrorDescription> items) {}

    @GetMapping
    ErrorDescriptions list() {
        return new ErrorDescriptions(
                Arrays.stream(ErrorCode.values()).map(ErrorDescription::of).toList());
    }

    @GetMapping("/{code}")
    ErrorDescription get(@PathVariable String code) {
        return Arrays.stream(ErrorCode.values())
                .filter(known -> known.name().equals(code))
                .map(ErrorDescription::of)
                .findFirst()
                .orElseThrow(() -> new QueueException(
                        ErrorCode.NOT_FOUND,
                        "there is no error code '%s'; %s lists them all".formatted(SafeText.of(code, 50), PATH)));
    }
}
