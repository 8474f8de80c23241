%% Erlang's own supervisor: one process for each service. Its reports of crashes are off, as everybody's are here.
%% erl -noshell -run otp main <workload> <n>: prints one line of JSON.
-module(otp).
-behaviour(supervisor).
-export([main/1, init/1, idle/0, fail/2, again/3]).

main([Workload, N]) ->
    logger:set_primary_config(level, none),
    process_flag(trap_exit, true),
    io:format("~ts~n", [measure(Workload, list_to_integer(N))]),
    halt().

init({N, Start}) ->
    Child = fun(I) -> #{id => I, start => Start, restart => permanent, shutdown => 5000} end,
    {ok, {#{strategy => one_for_one, intensity => 1000000000, period => 1}, [Child(I) || I <- lists:seq(1, N)]}}.

measure("tree", N) ->
    Before = memory(),
    {StartUs, {ok, Sup}} = timer:tc(fun() -> supervisor:start_link(?MODULE, {N, {?MODULE, idle, []}}) end),
    Memory = memory() - Before,
    {StopUs, _} = timer:tc(fun() -> exit(Sup, shutdown), receive {'EXIT', Sup, _} -> ok end end),
    io_lib:format("{\"start\":~p,\"memory\":~p,\"stop\":~p}", [StartUs / 1000, Memory / N, StopUs / 1000]);
measure("storm", N) ->
    Count = counters:new(1, []),
    Total = 100000,
    Start = {?MODULE, fail, [Count, {Total, self()}]},
    {Us, _} = timer:tc(fun() -> supervisor:start_link(?MODULE, {N, Start}), receive finished -> ok end end),
    io_lib:format("{\"storm\":~p}", [Us / 1000]);
measure("latency", N) ->
    Times = ets:new(times, [public]),
    supervisor:start_link(?MODULE, {1, {?MODULE, again, [Times, N, self()]}}),
    receive finished -> ok end,
    Samples = lists:sort([Ns || {I, Ns} <- ets:tab2list(Times), is_integer(I)]),
    io_lib:format("{\"latency\":~p}", [lists:nth(length(Samples) div 2 + 1, Samples) / 1000]).

memory() ->
    [erlang:garbage_collect(P) || P <- processes()],
    erlang:memory(total).

%% A service that runs until it is stopped.
idle() -> {ok, spawn_link(fun() -> receive stop -> ok end end)}.

%% One that fails as soon as it runs, until all of them have often enough.
fail(Count, {Total, Main}) ->
    {ok, spawn_link(fun() ->
        counters:add(Count, 1, 1),
        case counters:get(Count, 1) of
            C when C > Total -> receive stop -> ok end;
            Total -> Main ! finished, receive stop -> ok end;
            _ -> exit(failure)
        end
    end)}.

%% One that fails as soon as it runs, and notes how long ago it failed before.
again(Times, N, Main) ->
    {ok, spawn_link(fun() ->
        Now = erlang:monotonic_time(nanosecond),
        Count = case ets:lookup(Times, failed) of
            [{failed, I, At}] -> ets:insert(Times, {I, Now - At}), I;
            [] -> 0
        end,
        case Count of
            N -> Main ! finished, receive stop -> ok end;
            _ -> ets:insert(Times, {failed, Count + 1, erlang:monotonic_time(nanosecond)}), exit(failure)
        end
    end)}.
