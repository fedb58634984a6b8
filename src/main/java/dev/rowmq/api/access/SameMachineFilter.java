package dev.rowmq.api.access;

import dev.rowmq.message.ErrorCode;
import dev.rowmq.message.Refusal;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import java.io.IOException;
import java.util.regex.Pattern;

import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * While no key is configured, anybody on this machine may call; but not a web page of somebody else's that a browser on
 * this machine shows, neither directly (it tells by {@code Sec-Fetch-Site}) nor by a name that leads here (DNS rebinding).
 */
final class SameMachineFilter extends OncePerRequestFilter {

    private static final Pattern HERE = Pattern.compile("localhost|127\\.[0-9.]+|\\[?[0:]*:1]?");

    private final HandlerExceptionResolver problems;

    SameMachineFilter(HandlerExceptionResolver problems) {
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String site = request.getHeader("Sec-Fetch-Site");
        boolean foreignPage = "cross-site".equals(site) || "same-site".equals(site);
        if (foreignPage || !HERE.matcher(request.getServerName()).matches()) {
            problems.resolveException(
                    request,
                    response,
                    null,
                    new Refusal(
                            ErrorCode.FORBIDDEN,
                            "no key is configured, so only this machine may call, by a loopback name or address;"
                                    + " set rowmq.security.api-keys to open the service"));
            return;
        }
        chain.doFilter(request, response);
    }
}
